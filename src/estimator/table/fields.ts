import { type KernelKind, type KernelShape, kernelKinds, precisionBytes } from '../../hw/shape.js'
import type { Precision } from '../../hw/target.js'

/** One measured kernel: a row of a measurement table. */
export interface Measurement extends KernelShape {
  readonly latencyMs: number
  /** Rows of one family are never on both sides of a split. */
  readonly family: string
  /** What the table itself calls kernel and precision. */
  readonly labels: Labels
  /** Line of the file the row ends on, the header being line 1. */
  readonly line: number
}

export interface Labels {
  readonly kernel: string
  readonly precision: string
}

/** A text column of the table. */
export const textFields = ['kernel', 'op', 'precision', 'family', 'device'] as const
export type TextField = (typeof textFields)[number]

/** Number columns that must be there, and those that follow from others where they are missing. */
export const requiredNumbers = ['batch', 'inChannels', 'inHeight', 'outChannels', 'latencyMs'] as const
export const derivedNumbers = [
  'inWidth',
  'outHeight',
  'outWidth',
  'kernelHeight',
  'kernelWidth',
  'strideHeight',
  'strideWidth',
  'groups',
  'fused',
  'inputBytes',
  'outputBytes',
  'weightBytes',
  'macs',
  'activations',
  'runLength',
] as const
export type NumberField = (typeof requiredNumbers)[number] | (typeof derivedNumbers)[number]

export const numberFields: readonly NumberField[] = [...requiredNumbers, ...derivedNumbers]

/** Fields that count something: whole numbers, at least this. */
const leastOf: Readonly<Partial<Record<NumberField, number>>> = {
  batch: 1,
  inChannels: 1,
  inHeight: 1,
  inWidth: 1,
  outChannels: 1,
  outHeight: 1,
  outWidth: 1,
  kernelHeight: 1,
  kernelWidth: 1,
  strideHeight: 1,
  strideWidth: 1,
  groups: 1,
  fused: 0,
}

const precisions: readonly Precision[] = ['int8', 'int16', 'float16', 'bfloat16', 'float32']

/** What a row says before the fields that it leaves out are derived. */
export interface RawRow {
  readonly text: Readonly<Partial<Record<TextField, string>>>
  readonly numbers: Readonly<Partial<Record<NumberField, number>>>
  readonly labels: Labels
  readonly line: number
}

/** A measurement, or what is wrong with the row: the field and the reason. */
export function toMeasurement({
  text,
  numbers,
  labels,
  line,
}: RawRow): Measurement | { field: string; reason: string } {
  const kind = text.kernel as KernelKind
  if (!kernelKinds.includes(kind)) {
    return {
      field: 'kernel',
      reason: `unknown kernel "${text.kernel ?? ''}"; expected one of ${kernelKinds.join(', ')}`,
    }
  }
  const precision = (text.precision ?? 'float32') as Precision
  if (!precisions.includes(precision)) {
    return { field: 'precision', reason: `unknown precision "${precision}"; expected one of ${precisions.join(', ')}` }
  }
  for (const field of requiredNumbers) {
    if (numbers[field] === undefined) return { field, reason: 'is missing' }
  }
  for (const field of numberFields) {
    const value = numbers[field]
    if (value === undefined) continue
    const least = leastOf[field]
    if (!Number.isFinite(value)) return { field, reason: 'is no number' }
    if (least !== undefined && (value < least || !Number.isInteger(value))) {
      return { field, reason: `${value} is no whole number from ${least}` }
    }
    if (value < 0) return { field, reason: `${value} is negative` }
  }
  const latencyMs = numbers.latencyMs!
  if (latencyMs === 0) return { field: 'latencyMs', reason: 'is 0: a failed measurement must be left out of the table' }
  const shape = completeShape(kind, text.op ?? '', precision, numbers)
  const impossible = implausibleLatency(latencyMs, shape)
  if (impossible !== undefined) return { field: 'latencyMs', reason: impossible }
  const family = text.family ?? familyOf(shape)
  return { ...shape, latencyMs, family, labels, line }
}

/** What no chip reaches, with one kernel at that (20 PFLOP/s, 1 PB/s): a latency that says so is in wrong units. */
const mostMacsPerSecond = 2e16
const mostBytesPerSecond = 1e15
const longestMs = 3_600_000

function implausibleLatency(latencyMs: number, shape: KernelShape): string | undefined {
  if (latencyMs > longestMs) return `${latencyMs} ms is over an hour: is the unit milliseconds?`
  const seconds = latencyMs / 1000
  if (shape.macs / seconds > mostMacsPerSecond)
    return `${latencyMs} ms for ${shape.macs} MACs is faster than any device: is the unit milliseconds?`
  if ((shape.inputBytes + shape.outputBytes) / seconds > mostBytesPerSecond)
    return `${latencyMs} ms for ${shape.outputBytes} bytes is faster than any device: is the unit milliseconds?`
  return undefined
}

/** Same operator, channels and window: what a split by unseen shape keeps together. */
export const familyOf = (shape: KernelShape): string =>
  [shape.kind, shape.op, shape.inChannels, shape.outChannels, shape.kernelHeight, shape.kernelWidth].join('-')

function completeShape(
  kind: KernelKind,
  op: string,
  precision: Precision,
  given: Readonly<Partial<Record<NumberField, number>>>,
): KernelShape {
  const batch = given.batch!
  const inChannels = given.inChannels!
  const outChannels = given.outChannels!
  const inHeight = given.inHeight!
  const inWidth = given.inWidth ?? inHeight
  const kernelHeight = given.kernelHeight ?? 1
  const kernelWidth = given.kernelWidth ?? kernelHeight
  const strideHeight = given.strideHeight ?? 1
  const strideWidth = given.strideWidth ?? strideHeight
  // Padding that keeps the size is what tables without output sizes mean.
  const outHeight = given.outHeight ?? Math.ceil(inHeight / strideHeight)
  const outWidth = given.outWidth ?? Math.ceil(inWidth / strideWidth)
  const groups = given.groups ?? (kind === 'depthwise' ? inChannels : 1)
  const fused = given.fused ?? 0
  const hasWeights = !['pool', 'vector', 'movement', 'opaque'].includes(kind)
  const weights = hasWeights ? (kernelHeight * kernelWidth * inChannels * outChannels) / groups : 0
  const size = precisionBytes[precision]
  const outElements = batch * outChannels * outHeight * outWidth
  return {
    kind,
    op,
    precision,
    batch,
    inChannels,
    inHeight,
    inWidth,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    groups,
    fused,
    inputBytes: given.inputBytes ?? (batch * inChannels * inHeight * inWidth + fused * outElements) * size,
    outputBytes: given.outputBytes ?? outElements * size,
    weightBytes: given.weightBytes ?? weights * size,
    activations: given.activations ?? 2 + fused,
    runLength: given.runLength ?? 0,
    macs: given.macs ?? (hasWeights ? (outElements * kernelHeight * kernelWidth * inChannels) / groups : 0),
  }
}
