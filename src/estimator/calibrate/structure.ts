import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { KernelShape } from '../../hw/shape.js'

/**
 * A roofline with soft edges: latency = (floor^p + roof^p)^(1/p), p > 1. The floor is what a kernel takes however small
 * it is (a call, operators fused to it, the chain of multiplications behind one output), the roof is throughput
 * (arithmetic, and bytes by what they are). All parameters are positive and kept as logarithms.
 */
export const parameterNames = [
  'call',
  'fusedCall',
  'depth',
  'macs',
  'inputBytes',
  'outputBytes',
  'weightBytes',
  'fusedBytes',
  'sharpness',
] as const

export const parameterCount = parameterNames.length
const floorCount = 3
const roofEnd = parameterCount - 1
/** The last parameter: p = 1 + e^sharpness. */
export const sharpnessAt = roofEnd

/** Multiplications one after the other behind one output: input channels of a group x window. */
export const depthOf = ({ inChannels, groups, kernelHeight, kernelWidth }: KernelShape): number =>
  Math.max(1, (inChannels / groups) * kernelHeight * kernelWidth)

/** What each parameter but the sharpness is multiplied with. */
export function structureTerms(shape: KernelShape): Float64Array {
  return Float64Array.of(
    1,
    shape.fused,
    depthOf(shape) * 1e-3,
    shape.macs * 1e-9,
    shape.inputBytes * 1e-8,
    shape.outputBytes * 1e-8,
    shape.weightBytes * 1e-8,
    shape.fused * shape.outputBytes * 1e-8,
  )
}

/** Milliseconds, and with `gradient` the derivative of their logarithm by each parameter, written from `at`. */
export function structureLatency(
  terms: Float64Array,
  parameters: ArrayLike<number>,
  start = 0,
  gradient?: Float64Array,
): number {
  let floor = 0
  let roof = 0
  for (let j = 0; j < roofEnd; j++) {
    const cost = terms[j]! * Math.exp(parameters[start + j]!)
    if (j < floorCount) floor += cost
    else roof += cost
  }
  roof = Math.max(roof, 1e-12)
  const p = 1 + Math.exp(parameters[start + sharpnessAt]!)
  // Relative to the larger one: no power overflows.
  const larger = Math.max(floor, roof)
  const a = (floor / larger) ** p
  const b = (roof / larger) ** p
  const sum = a + b
  if (gradient !== undefined) {
    for (let j = 0; j < roofEnd; j++) {
      const cost = terms[j]! * Math.exp(parameters[start + j]!)
      gradient[j] = j < floorCount ? (cost / floor) * (a / sum) : (cost / roof) * (b / sum)
    }
    const log = (value: number) => (value > 0 ? Math.log(value) : 0)
    const byP = -Math.log(sum) / p ** 2 + (a * log(floor / larger) + b * log(roof / larger)) / (p * sum)
    gradient[sharpnessAt] = byP * (p - 1)
  }
  return larger * sum ** (1 / p)
}

/** A measured kernel for the fit: which group's parameters it has. */
export interface StructureRow {
  readonly group: number
  readonly terms: Float64Array
  readonly latencyMs: number
}

/** Gaussian prior of all groups' parameters, one after the other. */
export interface StructurePrior {
  readonly mean: Float64Array
  /** Inverse of the covariance. */
  readonly precision: Matrix
}

/** How far a sibling's parameters are from those of the device that a prior comes from, as standard deviations of logarithms. */
const spread = {
  /** All floors move together, and all roofs: clock, launch overhead, number of units. */
  device: 1.5,
  /** The same within one kind of kernel. */
  group: 0.5,
  /** Each parameter by itself. */
  own: 1.2,
  sharpness: 0.3,
}

/** Prior from the parameters of another device, one list a group. */
export function siblingPrior(groups: readonly (readonly number[])[]): StructurePrior {
  const size = groups.length * parameterCount
  const covariance = new Matrix(size, size)
  const isSharpness = (i: number) => i % parameterCount === sharpnessAt
  const isFloor = (i: number) => i % parameterCount < floorCount
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let value = i === j ? (isSharpness(i) ? spread.sharpness : spread.own) ** 2 : 0
      if (!isSharpness(i) && !isSharpness(j) && isFloor(i) === isFloor(j)) {
        value += spread.device ** 2
        if (Math.floor(i / parameterCount) === Math.floor(j / parameterCount)) value += spread.group ** 2
      }
      covariance.set(i, j, value)
    }
  }
  return {
    mean: Float64Array.from(groups.flat()),
    precision: new CholeskyDecomposition(covariance).solve(Matrix.eye(size)),
  }
}

/** Where nothing is known: each parameter by itself could explain half of the fastest row. */
export function vaguePrior(rows: readonly StructureRow[]): StructurePrior {
  const mean = new Float64Array(parameterCount).fill(-5)
  for (let j = 0; j < roofEnd; j++) {
    let least = Number.POSITIVE_INFINITY
    for (const { terms, latencyMs } of rows) if (terms[j]! > 0) least = Math.min(least, latencyMs / terms[j]!)
    if (Number.isFinite(least)) mean[j] = Math.log(least / 2)
  }
  mean[sharpnessAt] = Math.log(0.5)
  const deviations = Array.from(mean, (_, j) => (j === sharpnessAt ? 0.5 : 2))
  return { mean, precision: Matrix.diag(deviations.map((deviation) => deviation ** -2)) }
}

/** Residuals of the logarithm above this count linearly, not squared. */
const huberAt = 0.1
const mostSteps = 60

/**
 * Most probable parameters: Huber loss of the logarithm of measured over predicted plus the prior, by damped Gauss-Newton
 * steps (Levenberg, 1944; Marquardt, 1963).
 */
export function fitStructure(rows: readonly StructureRow[], { mean, precision }: StructurePrior): Float64Array {
  const size = mean.length
  let parameters: Float64Array = mean.slice()
  let damping = 1e-2
  let objective = cost(rows, parameters, mean, precision)
  const gradient = new Float64Array(parameterCount)
  for (let step = 0; step < mostSteps; step++) {
    const hessian = precision.clone()
    const right = new Float64Array(size)
    const offset = difference(parameters, mean)
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) right[i]! -= precision.get(i, j) * offset[j]!
    }
    for (const { group, terms, latencyMs } of rows) {
      const start = group * parameterCount
      const residual = Math.log(latencyMs / structureLatency(terms, parameters, start, gradient))
      const weight = Math.min(1, huberAt / Math.max(Math.abs(residual), 1e-12)) / huberAt ** 2
      for (let i = 0; i < parameterCount; i++) {
        const scaled = gradient[i]! * weight
        right[start + i]! += scaled * residual
        for (let j = 0; j < parameterCount; j++)
          hessian.set(start + i, start + j, hessian.get(start + i, start + j) + scaled * gradient[j]!)
      }
    }
    const next = descend(rows, parameters, { mean, precision }, hessian, right, objective, damping)
    if (next === undefined) break
    const gain = objective - next.objective
    ;({ parameters, objective, damping } = next)
    if (gain < 1e-7 * objective) break
  }
  return parameters
}

/** One step that lowers the cost, with as much damping as that takes; undefined: there is none. */
function descend(
  rows: readonly StructureRow[],
  parameters: Float64Array,
  { mean, precision }: StructurePrior,
  hessian: Matrix,
  right: Float64Array,
  objective: number,
  firstDamping: number,
): { parameters: Float64Array; objective: number; damping: number } | undefined {
  let damping = firstDamping
  for (let attempt = 0; attempt < 12; attempt++, damping *= 4) {
    const damped = hessian.clone()
    for (let i = 0; i < right.length; i++) damped.set(i, i, damped.get(i, i) * (1 + damping))
    symmetrize(damped)
    const step = new CholeskyDecomposition(damped).solve(Matrix.columnVector(right))
    const tried = Float64Array.from(parameters, (value, i) => value + step.get(i, 0))
    const found = cost(rows, tried, mean, precision)
    if (found < objective) return { parameters: tried, objective: found, damping: Math.max(damping / 4, 1e-6) }
  }
  return undefined
}

/** Rounding makes the two halves differ in the last bit. */
function symmetrize(matrix: Matrix): void {
  for (let i = 0; i < matrix.rows; i++) for (let j = 0; j < i; j++) matrix.set(i, j, matrix.get(j, i))
}

const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!)

function cost(rows: readonly StructureRow[], parameters: Float64Array, mean: Float64Array, precision: Matrix): number {
  let sum = 0
  for (const { group, terms, latencyMs } of rows) {
    const residual =
      Math.abs(Math.log(latencyMs / structureLatency(terms, parameters, group * parameterCount))) / huberAt
    sum += residual < 1 ? residual ** 2 : 2 * residual - 1
  }
  const offset = difference(parameters, mean)
  for (let i = 0; i < offset.length; i++)
    for (let j = 0; j < offset.length; j++) sum += offset[i]! * precision.get(i, j) * offset[j]!
  return sum
}
