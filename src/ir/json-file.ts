import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import { UserError } from './errors.js'

/** Reads a JSON file of the user's. Throws UserError `not-found` or `invalid-data` with the file's name. */
export function readJson(file: string, remedy: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError('not-found', '', (error as Error).message, remedy, file)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UserError('invalid-data', '', `not JSON: ${(error as Error).message}`, 'mend the syntax', file)
  }
}

export interface SchemaFault {
  /** JSON pointer of the value at fault. */
  readonly path: string
  /** What was expected, and what was found. */
  readonly message: string
}

const compiled = new Map<object, ValidateFunction>()

/** What is wrong with a value, first fault only: JSON path, what was expected, the value found. */
export function validateJson(value: unknown, schema: object): SchemaFault | undefined {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    // Loaded when a user brings a file of their own: the files that come with the program are covered by tests.
    const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
    validate = new Make({ allErrors: true, strict: false }).compile(schema)
    compiled.set(schema, validate)
  }
  if (validate(value)) return undefined
  // Faults of one property say more than those of the branches (if/then/else) that depend on it.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if')
  const error = errors.find(({ schemaPath }) => !schemaPath.startsWith('#/allOf')) ?? errors[0]
  if (error === undefined) return { path: '/', message: 'does not fit the schema' }
  return { path: error.instancePath || '/', message: `${describe(error)}, found ${found(value, error.instancePath)}` }
}

function describe(error: ErrorObject): string {
  if (error.keyword === 'enum')
    return `must be one of ${(error.params as { allowedValues: unknown[] }).allowedValues.join(', ')}`
  if (error.keyword === 'additionalProperties') {
    return `unknown property "${(error.params as { additionalProperty: string }).additionalProperty}"`
  }
  return error.message ?? 'is invalid'
}

function found(value: unknown, path: string): string {
  let at: unknown = value
  for (const key of path.split('/').slice(1))
    at = (at as Record<string, unknown>)[key.replaceAll('~1', '/').replaceAll('~0', '~')]
  const text = JSON.stringify(at) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
