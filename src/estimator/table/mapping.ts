import { existsSync, readFileSync } from 'node:fs'
import { UserError } from '../../ir/errors.js'
import { readJson, validateJson } from '../../ir/json-file.js'
import { type NumberField, numberFields, type TextField, textFields } from './fields.js'

/** How the columns of a foreign table are read. See `mapping.schema.json`. */
export interface ColumnMapping {
  readonly mappingVersion: 1
  readonly description?: string
  /** The device all rows were measured on, unless a column tells. */
  readonly device?: string
  /** What that device computes side by side: multiprocessors of a GPU, cores. */
  readonly processors?: number
  readonly text: Readonly<Partial<Record<TextField, TextSource>>>
  readonly numbers: Readonly<Partial<Record<NumberField, NumberSource>>>
  /** Columns that are known and not used; any other column is a fault. */
  readonly ignore?: readonly string[]
}

/** A column, a column whose words are translated, or one value for all rows. */
export type TextSource =
  | string
  | { readonly column: string; readonly values: Readonly<Record<string, string>> }
  | { readonly value: string }

/** A column, a column times a factor (units), one value for all rows, or a column divided by another and rounded up. */
export type NumberSource =
  | string
  | { readonly column: string; readonly times: number }
  | { readonly value: number }
  | { readonly ceilOf: readonly [dividend: string, divisor: string] }

const snake = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Columns of the project's own table, in order; see docs/measurements.md. */
export const ownColumns: readonly string[] = [...textFields, ...numberFields.map(snake)]

/** The project's own table: every field under its name in snake case, and what `optimize measure` adds to it. */
export const ownMapping: ColumnMapping = {
  mappingVersion: 1,
  text: Object.fromEntries(textFields.map((field) => [field, field])),
  numbers: Object.fromEntries(numberFields.map((field) => [field, snake(field)])),
  ignore: ['spread_ms', 'runs', 'threads', 'runtime', 'network', 'item'],
}

/** Reads a mapping of the user's. Throws UserError `invalid-data` with the JSON path at fault. */
export function readMapping(file: string): ColumnMapping {
  const value = readJson(file, 'check the path given to --columns')
  const schema = JSON.parse(readFileSync(new URL('./mapping.schema.json', import.meta.url), 'utf8')) as object
  const fault = validateJson(value, schema)
  if (fault !== undefined) {
    throw new UserError('invalid-data', fault.path, fault.message, 'see docs/measurements.md for the format', file)
  }
  return value as ColumnMapping
}

/** The mapping that comes with the program under the name of a predictor, if there is one. */
export function shippedMapping(name: string): ColumnMapping | undefined {
  const url = new URL(`./mappings/${name}.json`, import.meta.url)
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as ColumnMapping) : undefined
}

/** The columns that a source reads. */
export function columnsOf(source: TextSource | NumberSource): readonly string[] {
  if (typeof source === 'string') return [source]
  if ('column' in source) return [source.column]
  return 'ceilOf' in source ? source.ceilOf : []
}
