import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import { UserError } from '../ir/errors.js'
import type { BlockedLayout, FusionRule } from './fusion.js'

/** Number formats a target computes in. */
export type Precision = 'int8' | 'int16' | 'float16' | 'bfloat16' | 'float32'

/** What becomes one kernel. */
export interface Fusion {
  /** What is computed on the array's output at no cost. */
  readonly freeAfterArray: readonly ('activation' | 'unary' | 'scale-and-shift' | 'residual-add')[]
  /** Whether views and the arithmetic of sizes are kernels too: a runtime that walks the graph pays for every node. */
  readonly dispatch?: 'every-node' | 'data-only'
  /** Whether what depends on constants alone is computed before anything runs. */
  readonly foldsConstants?: boolean
  /** A runtime that is here and can be asked what it makes of a model; the rules stand in for it where it is not asked. */
  readonly runtime?: 'onnxruntime'
  /** Operators that the runtime removes. */
  readonly drops?: readonly string[]
  readonly rules?: readonly FusionRule[]
  readonly layout?: BlockedLayout
}

interface TargetHead {
  readonly name: string
  readonly description: string
  /** Speed of each format relative to the array's figures. */
  readonly precisions: Readonly<Partial<Record<Precision, number>>>
  /** The format float models are deployed in; 'model' keeps the model's own. */
  readonly defaultPrecision: Precision | 'model'
  readonly memory: {
    readonly sramBytes: number
    /** An activation over this part of the SRAM goes to DRAM. */
    readonly residentFraction: number
    readonly dramBytesPerCycle: number
  }
  readonly fusion: Fusion
  readonly energy: {
    readonly picojoulesPerMac: Readonly<Partial<Record<Precision, number>>>
    readonly picojoulesPerSramByte: number
    readonly picojoulesPerDramByte: number
    readonly source: string
  }
  readonly provenance: string
}

/** Lanes along input and output channels, one kernel tap and one output position a cycle. */
export interface ArrayTarget extends TargetHead {
  readonly kind: 'dot-product-array'
  readonly array: { readonly inputLanes: number; readonly outputLanes: number; readonly depthwiseChannels: number }
  readonly clockGHz: number
  readonly overhead: { readonly cyclesPerKernel: number }
  readonly vector: { readonly elementsPerCycle: number }
}

/** No cycle model: a predictor fitted to measurements. */
export interface MeasuredTarget extends TargetHead {
  readonly kind: 'measured'
  readonly predictor: string
}

export type Target = ArrayTarget | MeasuredTarget

const folder = new URL('./targets/', import.meta.url)

/** Names of the targets that come with the program. */
export const targetNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()

/** A target by name, or from a file of the user's own. Throws UserError `invalid-target` with the JSON path at fault. */
export function loadTarget(nameOrFile: string): Target {
  if (targetNames().includes(nameOrFile)) {
    return JSON.parse(readFileSync(new URL(`${nameOrFile}.json`, folder), 'utf8')) as Target
  }
  if (!/[./\\]/.test(nameOrFile)) {
    const known = targetNames().join(', ')
    throw new UserError(
      'usage',
      '--target',
      `no target "${nameOrFile}"`,
      `use one of ${known}, or the path of a JSON file`,
    )
  }
  let text: string
  try {
    text = readFileSync(nameOrFile, 'utf8')
  } catch (error) {
    throw new UserError('not-found', '', (error as Error).message, 'check the path given to --target', nameOrFile)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UserError('invalid-target', '', `not JSON: ${(error as Error).message}`, 'mend the syntax', nameOrFile)
  }
  const fault = validateTarget(value)
  if (fault !== undefined) {
    throw new UserError('invalid-target', fault.path, fault.message, 'see docs/targets.md for the format', nameOrFile)
  }
  return value as Target
}

/** What is wrong with a target description, first fault only: JSON path, the value found, what was expected. */
export function validateTarget(value: unknown): { readonly path: string; readonly message: string } | undefined {
  const validate = targetValidator()
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

let validator: ValidateFunction | undefined
function targetValidator(): ValidateFunction {
  if (validator === undefined) {
    // Loaded when a user brings a file of their own: the built-in targets are covered by tests.
    const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
    const schema = JSON.parse(readFileSync(new URL('./target.schema.json', import.meta.url), 'utf8')) as object
    validator = new Make({ allErrors: true, strict: false }).compile(schema)
  }
  return validator
}
