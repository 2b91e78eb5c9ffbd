import type { KernelShape } from '../../hw/shape.js'
import { dot } from '../network/additive.js'
import type { ResidualProcess } from './calibration.js'
import { depthOf } from './structure.js'

const log = (value: number): number => Math.log2(Math.max(1, value))

/** How far kernels are from one another: logarithms, each divided by the distance over which a residual forgets. */
export function residualFeatures(shape: KernelShape): number[] {
  const positions = shape.batch * shape.outHeight * shape.outWidth
  const bytes = shape.inputBytes + shape.outputBytes + shape.weightBytes
  return [
    log(shape.macs) / 5,
    log(bytes) / 5,
    log(shape.inChannels) / 3,
    log(shape.outChannels) / 3,
    log(positions) / 5,
    log(depthOf(shape)) / 4,
    (2 * log(shape.kernelHeight)) / 3,
    (2 * log(shape.strideHeight)) / 3,
    shape.fused / 3,
    // Kinds have nothing in common.
    10 * (kindIndex.get(shape.kind) ?? 0),
  ]
}

const kindIndex = new Map<KernelShape['kind'], number>([
  ['convolution', 0],
  ['depthwise', 1],
  ['transposed-convolution', 2],
  ['matmul', 3],
  ['pool', 4],
  ['vector', 5],
  ['movement', 6],
  ['recurrent', 7],
  ['attention', 8],
  ['opaque', 9],
])

/** Matern covariance of smoothness 5/2 and unit length (Rasmussen and Williams, 2006, eq. 4.17). */
export function covariance(a: readonly number[], b: readonly number[]): number {
  let squared = 0
  for (let i = 0; i < a.length; i++) squared += (a[i]! - b[i]!) ** 2
  const d = Math.sqrt(5 * squared)
  return (1 + d + (d * d) / 3) * Math.exp(-d)
}

export function residualAt({ points, weights }: ResidualProcess, features: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < points.length; i++) sum += weights[i]! * covariance(features, points[i]!)
  return sum
}

/** Variance of what a residual does not share with its neighbours, over that of what it does. */
const noiseRatios = [0.1, 0.3, 1, 3, 10] as const

/** A larger residual is a kernel run in another way, of which neighbours know nothing. */
const mostResidual = 0.5

/**
 * Fits residuals (logarithms) over features. The ratio of noise is chosen by the likelihood of each row given the others
 * (Rasmussen and Williams, 2006, eq. 5.10 to 5.12); the amplitude follows in closed form and cancels in the mean.
 */
export function fitResiduals(points: readonly number[][], residuals: readonly number[]): ResidualProcess {
  const count = points.length
  const targets = residuals.map((r) => Math.max(-mostResidual, Math.min(mostResidual, r)))
  const shared = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const value = covariance(points[i]!, points[j]!)
      shared[i * count + j] = value
      shared[j * count + i] = value
    }
  }
  let best: { likelihood: number; weights: number[] } | undefined
  for (const ratio of noiseRatios) {
    const inverse = shared.slice()
    for (let i = 0; i < count; i++) inverse[i * count + i]! += ratio
    invertPositive(inverse, count)
    const weights = targets.map((_, i) => dot(inverse.subarray(i * count, (i + 1) * count), targets))
    // Row i given the others: mean off by weights[i] / inverse[i][i], variance amplitude / inverse[i][i].
    let amplitude = 1e-9
    let likelihood = 0
    for (let i = 0; i < count; i++) {
      const own = inverse[i * count + i]!
      amplitude += weights[i]! ** 2 / own / count
      likelihood += Math.log(own) / 2
    }
    likelihood -= (count * Math.log(amplitude)) / 2
    if (best === undefined || likelihood > best.likelihood) best = { likelihood, weights }
  }
  return { points, weights: best!.weights }
}

/** Inverts a positive definite matrix, count x count, in place (Gauss and Jordan; no pivoting is needed). */
export function invertPositive(matrix: Float64Array, count: number): void {
  for (let k = 0; k < count; k++) {
    const row = matrix.subarray(k * count, (k + 1) * count)
    const pivot = 1 / row[k]!
    row[k] = 1
    for (let j = 0; j < count; j++) row[j]! *= pivot
    for (let i = 0; i < count; i++) {
      if (i === k) continue
      const other = matrix.subarray(i * count, (i + 1) * count)
      const factor = other[k]!
      other[k] = 0
      for (let j = 0; j < count; j++) other[j]! -= factor * row[j]!
    }
  }
}
