import { createHash } from 'node:crypto'

/** A fold for every row; rows of one family share it. Families are dealt in the order of a hash, so tables of any order split alike. */
export function foldsByFamily(rows: readonly { readonly family: string }[], count: number, salt = 'folds'): Uint8Array {
  const digest = (family: string) => createHash('sha256').update(`${salt} ${family}`).digest('hex')
  const families = [...new Set(rows.map(({ family }) => family))].map((family) => ({ family, key: digest(family) }))
  families.sort((a, b) => (a.key < b.key ? -1 : 1))
  const foldOf = new Map(families.map(({ family }, i) => [family, i % count]))
  return Uint8Array.from(rows, ({ family }) => foldOf.get(family)!)
}
