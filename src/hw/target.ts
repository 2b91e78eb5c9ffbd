import { readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UserError } from '../ir/errors.js'
import { readJson, type SchemaFault, validateJson } from '../ir/json-file.js'
import type { BlockedLayout, FusionRule } from './fusion.js'
import type { KernelKind, Precision } from './shape.js'

export type { Precision } from './shape.js'

/** What becomes one kernel. */
export interface Fusion {
  /** What is computed on the array's output at no cost; 'format-conversion' also as data enter any unit. */
  readonly freeAfterArray: readonly (
    | 'activation'
    | 'unary'
    | 'scale-and-shift'
    | 'residual-add'
    | 'format-conversion'
  )[]
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
    /** All that weights and activations of all models on the device have together; undefined: nobody says. */
    readonly deviceBytes?: number
    /** What the SRAM delivers to the array; undefined: as much as the array takes. */
    readonly sramBytesPerCycle?: number
    /** Activations begin at multiples of it and their sizes are rounded up to it; 1 by default. */
    readonly alignBytes?: number
    /** Data arrive while the array computes, the default; false: before it does. */
    readonly doubleBuffered?: boolean
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

/** What an array with a cycle model has in common with others. */
interface ClockedTarget extends TargetHead {
  readonly clockGHz: number
  readonly overhead: { readonly cyclesPerKernel: number }
  readonly vector: { readonly elementsPerCycle: number }
  /** Runs what the target cannot; undefined: the target runs everything. */
  readonly host?: Host
}

/** The processor beside the target; rates in cycles of the target's clock. */
export interface Host {
  /** What it has to run: operators, `*` at the end for all that begin so. */
  readonly operators: readonly string[]
  readonly kinds?: readonly KernelKind[]
  readonly macsPerCycle: number
  readonly elementsPerCycle: number
  /** Activations travel to the host and back. */
  readonly bytesPerCycle: number
  readonly cyclesPerCall: number
}

/** Lanes along input and output channels, one kernel tap and one output position a cycle. */
export interface DotProductTarget extends ClockedTarget {
  readonly kind: 'dot-product-array'
  readonly array: { readonly inputLanes: number; readonly outputLanes: number; readonly depthwiseChannels: number }
}

export type Dataflow = 'weight-stationary' | 'output-stationary' | 'input-stationary'

/** Multipliers in rows and columns that pass operands on to their neighbours. */
export interface SystolicTarget extends ClockedTarget {
  readonly kind: 'systolic-array'
  readonly array: {
    readonly rows: number
    readonly columns: number
    readonly dataflow: Dataflow
    /** Small groups share the array along its diagonal; otherwise they run one after another. */
    readonly packsGroups?: boolean
  }
}

/** A part of a kernel's output. */
export interface Block {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** How a memory is reached. */
export interface MemoryTiming {
  readonly burstBytes: number
  readonly readLatencyCycles: number
  readonly writeLatencyCycles: number
}

/** Output blocks computed microblock by microblock from operands in a shared buffer. */
export interface MicroblockTarget extends ClockedTarget {
  readonly kind: 'microblock-array'
  readonly array: {
    /** int8, all cores together. */
    readonly macsPerCycle: number
    readonly cores: number
    readonly microblock: Block
    /** Input channels that a multiplier tree adds up. */
    readonly dotProductDepth: number
    readonly largestBlock: Block
    /** Of each core. */
    readonly sharedBufferBanks: number
    readonly bankBytes: number
    /** Banks for finished outputs, and those at the end that stay free or hold the table of an activation. */
    readonly outputBanks: number
    readonly endBanks: number
    /** Operands take banks in multiples of these: inputs by their bits, accumulators by theirs. */
    readonly bankGranules: {
      readonly input8: number
      readonly input16: number
      readonly input32: number
      readonly accumulator32: number
      readonly accumulator40: number
    }
    /** Cycles an output element takes by what makes it, all cores together; with a table the slower of both. */
    readonly outputCyclesPerElement: {
      readonly unary32: number
      readonly binary32: number
      readonly multiplyTo32: number
      readonly multiply: number
      readonly add: number
      readonly maxPool: number
      readonly other: number
      readonly tableActivation: number
    }
  }
  readonly memory: TargetHead['memory'] & {
    readonly mode: 'shared-sram' | 'dedicated-sram' | 'sram-only'
    readonly sramBytesPerCycle: number
    readonly sramTiming: MemoryTiming
    readonly dramTiming: MemoryTiming
    /** Bytes in which a byte of weights is stored, where the values are not known. */
    readonly weightCompression: number
  }
}

/** No cycle model: a predictor fitted to measurements. */
export interface MeasuredTarget extends TargetHead {
  readonly kind: 'measured'
  readonly predictor: string
}

/** Targets with a cycle model. */
export type ArrayTarget = DotProductTarget | SystolicTarget | MicroblockTarget

/** Hardware, as its file describes it: docs/targets.md has the fields. */
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
  const value = readJson(nameOrFile, 'check the path given to --target')
  const fault = validateTarget(value)
  if (fault !== undefined) {
    throw new UserError('invalid-target', fault.path, fault.message, 'see docs/targets.md for the format', nameOrFile)
  }
  const target = value as Target
  // A predictor's file lies where the target says, seen from the target.
  if (target.kind !== 'measured' || !target.predictor.endsWith('.json')) return target
  return { ...target, predictor: resolve(dirname(nameOrFile), target.predictor) }
}

/** What is wrong with a target description, first fault only: JSON path, what was expected, the value found. */
export function validateTarget(value: unknown): SchemaFault | undefined {
  schema ??= JSON.parse(readFileSync(new URL('./target.schema.json', import.meta.url), 'utf8')) as object
  return validateJson(value, schema) ?? precisionFault(value as Target)
}

let schema: object | undefined

/** What no schema can say: the formats used are among those the target has. */
function precisionFault({ precisions, defaultPrecision, energy }: Target): SchemaFault | undefined {
  const known = Object.keys(precisions)
  if (defaultPrecision !== 'model' && !known.includes(defaultPrecision)) {
    const expected = `must be one of the precisions ${known.join(', ')}, or model`
    return { path: '/defaultPrecision', message: `${expected}, found ${JSON.stringify(defaultPrecision)}` }
  }
  const without = known.find((precision) => !(precision in energy.picojoulesPerMac))
  if (without === undefined) return undefined
  const found = Object.keys(energy.picojoulesPerMac).join(', ') || 'nothing'
  return { path: '/energy/picojoulesPerMac', message: `must have a figure for ${without}, found ${found}` }
}
