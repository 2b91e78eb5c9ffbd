import { readFileSync } from 'node:fs'
import { UserError } from '../../ir/errors.js'
import { readJson, validateJson } from '../../ir/json-file.js'
import { unitFactor, unitNames } from '../quantity.js'

/** A broken one of level `error` fails the command; one of level `warn` is only told. */
export type AssertionLevel = 'warn' | 'error'

/** A limit on a figure of a comparison, parsed: `latency<=+2%`. */
export interface Assertion {
  readonly text: string
  readonly level: AssertionLevel
  readonly key: string
  readonly comparison: string
  /** Of the value after, of its change, or of its change in percent. */
  readonly of: 'value' | 'change' | 'percent'
  readonly limit: number
}

/** A figure that may be asserted. */
export interface Assertable {
  readonly key: string
  /** Its name in a report, if that is another one. */
  readonly field?: string
  /** undefined: it is of the change alone. */
  readonly before?: number
  readonly after: number
  readonly format: (value: number) => string
}

/** What became of an assertion. */
export interface AssertionResult {
  readonly text: string
  readonly level: AssertionLevel
  readonly holds: boolean
  /** The figure as it is. */
  readonly actual: string
  /** Of a set of models, the one that it is about. */
  readonly model?: string
}

const pattern = /^(?:(warn|error)\s*:)?\s*([\w.]+)\s*(<=|<|>=|>|==)\s*([+-]?)(\d+(?:\.\d+)?)\s*(%|[a-zA-Z]*)$/

/**
 * `latency<=+2%` and `nodes<=+0` limit the change, `latency<=2ms`, `bytes<4MB` the value after; `warn: ` before it makes it a
 * warning. Throws UserError `usage`.
 */
export function parseAssertion(text: string, level?: AssertionLevel): Assertion {
  const [, ownLevel, key, comparison, sign, digits, unit = ''] = pattern.exec(text.trim()) ?? []
  if (key === undefined || comparison === undefined)
    throw new UserError('usage', '--assert', `cannot read "${text}"`, 'write e.g. "latency<=+2%" or "bytes<4MB"')
  const isPercent = unit === '%'
  const factor = isPercent ? 1 : unitFactor(unit)
  if (factor === undefined)
    throw new UserError('usage', '--assert', `unknown unit in "${text}"`, `use one of ${unitNames.join(', ')}`)
  return {
    text: text.trim(),
    level: level ?? (ownLevel as AssertionLevel | undefined) ?? 'error',
    key,
    comparison,
    of: isPercent ? 'percent' : sign === '' ? 'value' : 'change',
    limit: Number(`${sign}${digits}`) * factor,
  }
}

/** From texts and files (.json) of them; `assertions.schema.json` says what may be in one. Throws UserError. */
export function readAssertions(sources: readonly string[]): Assertion[] {
  return sources.flatMap((source) => (source.endsWith('.json') ? readFile(source) : [parseAssertion(source)]))
}

interface Written {
  readonly assertions: readonly (string | { readonly assert: string; readonly level?: AssertionLevel })[]
}

function readFile(file: string): Assertion[] {
  const value = readJson(file, 'check the path given to --assert')
  const schema = JSON.parse(readFileSync(new URL('./assertions.schema.json', import.meta.url), 'utf8')) as object
  const fault = validateJson(value, schema)
  if (fault !== undefined)
    throw new UserError('invalid-data', fault.path, fault.message, 'see docs/ci.md for the format', file)
  return (value as Written).assertions.map((entry, i) => {
    try {
      return typeof entry === 'string' ? parseAssertion(entry) : parseAssertion(entry.assert, entry.level)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      throw new UserError('invalid-data', `/assertions/${i}`, error.message, error.remedy, file)
    }
  })
}

/** undefined: none of the figures is the one that is asserted. */
export function judgeAssertion(
  assertion: Assertion,
  figures: readonly Assertable[],
  model?: string,
): AssertionResult | undefined {
  const { text, level, key, comparison, of, limit } = assertion
  const found = figures.find((figure) => figure.key === key || figure.field === key)
  if (found === undefined) return undefined
  const { before, after, format } = found
  const change = before === undefined ? after : after - before
  const actual = of === 'value' ? after : of === 'change' ? change : relativeChange(before, after) * 100
  const sign = of !== 'value' && actual > 0 ? '+' : ''
  return {
    text,
    level,
    holds: compare(actual, comparison, limit),
    actual: of === 'percent' ? `${sign}${actual.toFixed(2)} %` : `${sign}${format(actual)}`,
    ...(model !== undefined && { model }),
  }
}

/** What is asserted must be known. Throws UserError `usage`. */
export function unknownFigure({ text, key }: Assertion, figures: readonly Assertable[]): UserError {
  const known = [...new Set(figures.map((figure) => figure.key))].join(', ')
  return new UserError('usage', '--assert', `nothing is known of "${key}" in "${text}"`, `figures here: ${known}`)
}

const relativeChange = (before: number | undefined, after: number): number =>
  before === undefined || before === after ? 0 : before === 0 ? Number.POSITIVE_INFINITY : after / before - 1

function compare(actual: number, comparison: string, limit: number): boolean {
  switch (comparison) {
    case '<':
      return actual < limit
    case '<=':
      return actual <= limit
    case '>':
      return actual > limit
    case '>=':
      return actual >= limit
    default:
      return actual === limit
  }
}
