import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Tensor } from '../../ir/tensor.js'
import type { Counterpart } from '../../passes/architecture/correspondence.js'
import { identity } from '../../passes/architecture/positions.js'

/** Rows for each coefficient of a linear map: with fewer it would be learned by heart. */
const rowsPerCoefficient = 4

/** At most so many rows for each channel. */
const rowsPerChannel = 12

/** Of standardised channels: added to their mean squares. */
const ridge = 1e-2

/**
 * What of a value's signal is lost even if linear layers make up for all that they can: noise to signal after the best scale and
 * shift of each channel, or after the best linear map over channels where there are rows enough to tell, whichever leaves less. A
 * refit around a rewrite does that much, so that noise which it takes away does not count. From 0 to 1.
 *
 * `original` and `result` are [samples, channels, places...]; `positions`: what is left of the original's channels. A linear map
 * is fitted to one half of the rows and judged by the other.
 */
export function unexplainedNoise(
  original: Tensor,
  result: Tensor,
  positions: Counterpart['positions'] = new Map(),
): number {
  const kept = [...(positions.get(1) ?? identity(result.dims[1] ?? 1)).entries()].filter(([, at]) => at >= 0)
  const expected = rowsOf(
    original,
    kept.map(([, at]) => at),
  )
  const found = rowsOf(
    result,
    kept.map(([at]) => at),
  )
  const signals = centred(expected)
  const features = centred(found)
  const signal = squares(expected)
  if (signal === 0) return 0
  // Slopes of single channels; what they leave is what a map has to explain.
  for (let channel = 0; channel < features.length; channel++) {
    if (features[channel] === 0 || signals[channel] === 0) continue
    let product = 0
    for (let row = 0; row < found.rows; row++) product += found.get(row, channel) * expected.get(row, channel)
    const slope = product / (found.rows * features[channel]! ** 2)
    for (let row = 0; row < found.rows; row++) {
      expected.set(row, channel, expected.get(row, channel) - slope * found.get(row, channel))
      found.set(row, channel, found.get(row, channel) / features[channel]!)
    }
  }
  const byChannel = squares(expected) / signal
  const half = found.rows >> 1
  if (half < rowsPerCoefficient * found.columns) return Math.min(1, byChannel)
  return Math.min(1, byChannel, byChannel * mappedShare(found, expected, half))
}

const goldenRatio = 0.6180339887498949

/** Elements [places, channels], of places spread over all samples evenly but not in step with the width of images. */
function rowsOf(tensor: Tensor, channels: readonly number[]): Matrix {
  const [samples = 1, all = 1] = tensor.dims
  const places = tensor.size / Math.max(1, samples * all)
  const values = tensor.numbers()
  const count = Math.min(samples * places, rowsPerChannel * Math.max(32, channels.length))
  const matrix = Matrix.zeros(count, channels.length)
  for (let row = 0; row < count; row++) {
    const place = Math.floor(((row + ((row * goldenRatio) % 1)) * samples * places) / count)
    const first = Math.floor(place / places) * all * places + (place % places)
    for (const [column, channel] of channels.entries()) matrix.set(row, column, values[first + channel * places]!)
  }
  return matrix
}

/** Takes the mean out of each column, in place; gives their deviations. */
function centred(matrix: Matrix): Float64Array {
  return Float64Array.from({ length: matrix.columns }, (_, column) => {
    const list = matrix.getColumn(column)
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length
    for (let row = 0; row < list.length; row++) matrix.set(row, column, list[row]! - mean)
    return Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length)
  })
}

const squares = (matrix: Matrix): number => matrix.to1DArray().reduce((sum, value) => sum + value ** 2, 0)

/** What share of the second half of `rest` the best linear map of `features`, fitted to the first half, leaves. */
function mappedShare(features: Matrix, rest: Matrix, half: number): number {
  const part = (matrix: Matrix, from: number, to: number) => matrix.subMatrix(from, to, 0, matrix.columns - 1)
  const [seen, aim] = [part(features, 0, half - 1), part(rest, 0, half - 1)]
  const transposed = seen.transpose()
  const products = transposed.mmul(seen).add(Matrix.eye(seen.columns).mul(ridge * half))
  const map = new CholeskyDecomposition(products).solve(transposed.mmul(aim))
  const [unseen, left] = [part(features, half, features.rows - 1), part(rest, half, rest.rows - 1)]
  const before = squares(left)
  return before === 0 ? 0 : squares(unseen.mmul(map).sub(left)) / before
}
