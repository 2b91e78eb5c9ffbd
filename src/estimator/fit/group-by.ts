import type { Measurement } from '../table/fields.js'

/** Rows by key, in the order of their first row. */
export function groupBy<K>(rows: readonly Measurement[], keyOf: (row: Measurement) => K): Map<K, Measurement[]> {
  const groups = new Map<K, Measurement[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
