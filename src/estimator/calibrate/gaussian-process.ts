import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { KernelShape } from '../../hw/shape.js'
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
  const targets = Matrix.columnVector(residuals.map((r) => Math.max(-mostResidual, Math.min(mostResidual, r))))
  const shared = new Matrix(count, count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const value = covariance(points[i]!, points[j]!)
      shared.set(i, j, value)
      shared.set(j, i, value)
    }
  }
  let best: { likelihood: number; weights: number[] } | undefined
  for (const ratio of noiseRatios) {
    const total = shared.clone()
    for (let i = 0; i < count; i++) total.set(i, i, total.get(i, i) + ratio)
    const inverse = new CholeskyDecomposition(total).solve(Matrix.eye(count))
    const weights = inverse.mmul(targets).to1DArray()
    // Row i given the others: mean off by weights[i] / inverse[i][i], variance amplitude / inverse[i][i].
    let amplitude = 1e-9
    let likelihood = 0
    for (let i = 0; i < count; i++) {
      amplitude += weights[i]! ** 2 / inverse.get(i, i) / count
      likelihood += Math.log(inverse.get(i, i)) / 2
    }
    likelihood -= (count * Math.log(amplitude)) / 2
    if (best === undefined || likelihood > best.likelihood) best = { likelihood, weights }
  }
  return { points, weights: best!.weights }
}
