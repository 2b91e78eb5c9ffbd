import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { logFeatures, type OperatorModel, OperatorPredictor, operatorKey } from '../operator-model.js'
import type { Measurement } from '../table/fields.js'
import { foldsByFamily } from './folds.js'
import { groupBy } from './group-by.js'
import { median, quantile } from './statistics.js'

/** Length of the process in logarithms of sizes, summed over features. */
const length = 6
/** Scatter of repeated measurements, as a logarithm. */
const noise = 0.03
/** Ridge on slopes. */
const ridge = 1
/** More rows than this add time, not accuracy: a process over all of them would be solved in minutes. */
const mostRows = 1600
/** Operators with so many rows are what trees are for. */
const tooManyRows = 5000
const foldCount = 4

/**
 * Where a kind is a mixture of operators: a model for each of them, and its share of the prediction. `byKindMs` is what the
 * kind's model says of a row, fitted without its family; undefined: not known. Shares are the squares of the
 * usual errors of both on families left out, inverted, as if they were independent.
 */
export function fitOperators(
  rows: readonly Measurement[],
  byKindMs: (row: Measurement) => number | undefined,
  onProgress?: (text: string, share: number) => void,
): OperatorModel[] {
  const operators = new Map<string, Set<string>>()
  const kindKey = ({ kind, precision }: Measurement) => `${kind}/${precision}`
  for (const row of rows) operators.set(kindKey(row), (operators.get(kindKey(row)) ?? new Set()).add(row.op))
  const models: OperatorModel[] = []
  let done = 0
  for (const group of groupBy(rows, operatorKey).values()) {
    done += group.length
    if (operators.get(kindKey(group[0]!))!.size === 1 || group.length > tooManyRows) continue
    models.push(fitOperator(group.slice(0, mostRows), byKindMs))
    onProgress?.(group[0]!.op, done / rows.length)
  }
  return models
}

/** An operator with too few rows to leave some out is believed, with an interval of a factor of two. */
function fitOperator(rows: readonly Measurement[], byKindMs: (row: Measurement) => number | undefined): OperatorModel {
  const model = interpolate(rows)
  const heldOut = rows.length >= 3 * foldCount ? heldOutLogarithms(rows) : []
  if (heldOut.length === 0) return { ...model, share: 1, halfWidth: Math.log(2), medianError: null }
  // Signed errors of both models, rows that both were tried on.
  const errors = heldOut.flatMap(({ row, logLatency }) => {
    const measured = Math.log(row.latencyMs)
    const byKind = byKindMs(row)
    return [{ own: logLatency - measured, kind: byKind === undefined ? undefined : Math.log(byKind) - measured }]
  })
  const usual = (list: readonly number[]) => median(list.map(Math.abs))
  const own = usual(errors.map((error) => error.own))
  const ofKind = errors.flatMap(({ kind }) => (kind === undefined ? [] : [kind]))
  const share = ofKind.length === 0 ? 1 : usual(ofKind) ** 2 / Math.max(usual(ofKind) ** 2 + own ** 2, 1e-12)
  const together = errors.map(({ own: a, kind: b }) => Math.abs(share * a + (1 - share) * (b ?? a)))
  together.sort((a, b) => a - b)
  return { ...model, share, halfWidth: quantile(together, 0.9), medianError: quantile(together, 0.5) }
}

/** What a model fitted without a row's family says of it. */
function heldOutLogarithms(rows: readonly Measurement[]): { row: Measurement; logLatency: number }[] {
  const foldOf = foldsByFamily(rows, foldCount, 'operators')
  return Array.from({ length: foldCount }, (_, fold) => {
    const train = rows.filter((_, i) => foldOf[i] !== fold)
    if (train.length === 0) return []
    const predictor = new OperatorPredictor({ ...interpolate(train), share: 1, halfWidth: 0, medianError: null })
    const test = rows.filter((_, i) => foldOf[i] === fold)
    return test.map((row) => ({ row, logLatency: predictor.logLatency(row) }))
  }).flat()
}

/**
 * Slopes by ridge regression and a Gaussian process on the residuals. Measurements that stand out from their neighbours
 * (something else ran on the machine) lose weight, by their leave-one-out residuals (Sundararajan and Keerthi, 2001).
 */
function interpolate(rows: readonly Measurement[]): Omit<OperatorModel, 'share' | 'halfWidth' | 'medianError'> {
  const n = rows.length
  const all = rows.map(logFeatures)
  const features = all[0]!.map((_, k) => k).filter((k) => all.some((row) => Math.abs(row[k]! - all[0]![k]!) > 1e-9))
  const width = features.length
  const mean = features.map((k) => all.reduce((sum, row) => sum + row[k]!, 0) / n)
  const points = new Float64Array(n * width)
  for (let i = 0; i < n; i++) for (let k = 0; k < width; k++) points[i * width + k] = all[i]![features[k]!]! - mean[k]!
  const target = Float64Array.from(rows, ({ latencyMs }) => Math.log(latencyMs))
  const noises = new Float64Array(n).fill(noise * noise)
  const near = similarities(points, n, width)
  let slopes: Float64Array = new Float64Array(width + 1)
  let weights: Float64Array = new Float64Array(n)
  let variance = 0
  for (let round = 0; round < 3; round++) {
    slopes = ridgeRegression(points, target, noises, width)
    const rest = target.map((value, i) => value - linear(slopes, points, i, width))
    variance = Math.max((1.48 * median(rest.map(Math.abs))) ** 2, 1e-3)
    const covariance = Matrix.mul(near, variance)
    for (let i = 0; i < n; i++) covariance.set(i, i, covariance.get(i, i) + noises[i]!)
    const factor = new CholeskyDecomposition(covariance)
    weights = solved(factor, rest)
    if (round === 2 || n < 8) break
    const diagonal = inverseDiagonal(factor.lowerTriangularMatrix)
    const outside = weights.map((weight, i) => Math.abs(weight / diagonal[i]!))
    const usual = Math.max(1.48 * median(outside), 0.02)
    for (let i = 0; i < n; i++) noises[i] = noise * noise * Math.max(1, outside[i]! / (2.5 * usual)) ** 4
  }
  const { op, kind, precision } = rows[0]!
  const short = (value: number) => Number(value.toPrecision(5))
  return {
    op,
    kind,
    precision,
    rows: n,
    features,
    mean,
    slopes: [...slopes],
    points: Array.from(points, (value) => Number(value.toFixed(3))),
    weights: Array.from(weights, short),
    variance,
    length,
  }
}

function linear(slopes: Float64Array, points: Float64Array, row: number, width: number): number {
  let value = slopes[0]!
  for (let k = 0; k < width; k++) value += slopes[k + 1]! * points[row * width + k]!
  return value
}

/** Exponential kernel of all pairs. */
function similarities(points: Float64Array, n: number, width: number): Matrix {
  const near = new Matrix(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let distance = 0
      for (let k = 0; k < width; k++) distance += (points[i * width + k]! - points[j * width + k]!) ** 2
      const similarity = Math.exp(-Math.sqrt(distance) / length)
      near.set(i, j, similarity)
      near.set(j, i, similarity)
    }
  }
  return near
}

function ridgeRegression(
  points: Float64Array,
  target: Float64Array,
  noises: Float64Array,
  width: number,
): Float64Array {
  const size = width + 1
  const gram = new Matrix(size, size)
  const right = new Float64Array(size)
  const row = new Float64Array(size)
  row[0] = 1
  for (let i = 0; i < target.length; i++) {
    for (let k = 0; k < width; k++) row[k + 1] = points[i * width + k]!
    const weight = (noise * noise) / noises[i]!
    for (let a = 0; a < size; a++) {
      right[a]! += weight * row[a]! * target[i]!
      for (let b = 0; b < size; b++) gram.set(a, b, gram.get(a, b) + weight * (row[a]! * row[b]!))
    }
  }
  for (let a = 0; a < size; a++) gram.set(a, a, gram.get(a, a) + (a === 0 ? 1e-6 : ridge))
  return solved(new CholeskyDecomposition(gram), right)
}

const solved = (factor: CholeskyDecomposition, right: Float64Array): Float64Array =>
  Float64Array.from(factor.solve(Matrix.columnVector(right)).to1DArray())

/** Diagonal of the inverse of L L': column norms of the inverse of L, a column at a time. */
function inverseDiagonal(lower: Matrix): Float64Array {
  const n = lower.rows
  const rows = Array.from({ length: n }, (_, i) => Float64Array.from(lower.getRow(i)))
  const diagonal = new Float64Array(n)
  const column = new Float64Array(n)
  for (let j = 0; j < n; j++) {
    column[j] = 1 / rows[j]![j]!
    let norm = column[j]! ** 2
    for (let i = j + 1; i < n; i++) {
      const row = rows[i]!
      let sum = 0
      for (let k = j; k < i; k++) sum -= row[k]! * column[k]!
      column[i] = sum / row[i]!
      norm += column[i]! ** 2
    }
    diagonal[j] = norm
  }
  return diagonal
}
