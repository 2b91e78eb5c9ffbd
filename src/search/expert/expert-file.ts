import { readFileSync } from 'node:fs'
import { UserError } from '../../ir/errors.js'
import { readJson, type SchemaFault, validateJson } from '../../ir/json-file.js'
import { type Constraint, type Expert, isAbout } from './constraint.js'
import { rangesOf } from './selector.js'

/**
 * Constraints from a file; `expert.schema.json` says what may be in it. Throws UserError `not-found`, `invalid-data` (no JSON) or
 * `invalid-expert` with the JSON pointer at fault.
 */
export function readExpert(file: string): Expert {
  const value = readJson(file, 'check the path given to --expert')
  const fault = validateExpert(value)
  if (fault !== undefined)
    throw new UserError('invalid-expert', fault.path, fault.message, 'see docs/search.md for the format', file)
  return { file, constraints: (value as Expert).constraints }
}

/** What is wrong with constraints as such, whatever the model; first fault only. */
export function validateExpert(value: unknown): SchemaFault | undefined {
  schema ??= JSON.parse(readFileSync(new URL('./expert.schema.json', import.meta.url), 'utf8')) as object
  const fault = validateJson(value, schema)
  if (fault !== undefined) return fault
  for (const [index, constraint] of (value as Expert).constraints.entries()) {
    const message = faultOf(constraint)
    if (message !== undefined) return { path: constraintPath(index), message }
  }
  return undefined
}

let schema: object | undefined

/** JSON pointer of a constraint in its file. */
export const constraintPath = (index: number): string => `/constraints/${index}`

const selectors = ['blocks', 'groups', 'at', 'signature'] as const
const bounds = ['atLeast', 'atMost', 'multipleOf'] as const

/** What the schema would say in words nobody understands. */
function faultOf(constraint: Constraint): string | undefined {
  const { kind, blocks, groups, form, orAsIs, weight } = constraint
  const given = <Key extends keyof Constraint>(keys: readonly Key[]) =>
    keys.filter((key) => constraint[key] !== undefined)
  const named = given(selectors)
  if (named.length !== 1) return `must have one of ${selectors.join(', ')}, found ${named.join(' and ') || 'none'}`
  const bounded = given(bounds)
  const said = [...given(['form', 'size']), ...(bounded.length > 0 ? ['bounds of sizes'] : [])]
  if (said.length !== 1)
    return `must say one of form, size and bounds of sizes (${bounds.join(', ')}), found ${said.join(' and ') || 'none'}`
  if (blocks !== undefined && form === undefined)
    return `blocks have forms, not sizes: name channel groups with "groups"`
  if (groups !== undefined && !isAbout(constraint, 'group')) return 'channel groups have no forms but "as-is"'
  if (kind === 'bound' && bounded.length === 0) return `a bound needs one of ${bounds.join(', ')}`
  if (kind === 'pin' && bounded.length > 0) return 'a pin needs a form or a size: sizes within bounds are a "bound"'
  if (orAsIs !== undefined && kind !== 'bound') return `"orAsIs" belongs to bounds, found it on ${kind}`
  if ((weight === undefined) === (kind === 'prefer'))
    return weight === undefined
      ? 'a preference needs a "weight"'
      : `"weight" belongs to preferences, found it on ${kind}`
  if (kind === 'prefer' && form !== undefined && [form].flat().includes('as-is'))
    return 'what stays as it is loses nothing: give the other forms a weight above 1'
  if (constraint.atLeast !== undefined && constraint.atMost !== undefined && constraint.atLeast > constraint.atMost)
    return `at least ${constraint.atLeast} and at most ${constraint.atMost}: there is nothing in between`
  if (rangesOf(constraint)?.some(([from, to]) => from > to)) return `falling range of blocks "${blocks}"`
  return undefined
}
