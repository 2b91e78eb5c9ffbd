import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Tensor } from '../../ir/tensor.js'
import type { Counterpart } from '../../passes/architecture/correspondence.js'
import { identity } from '../../passes/architecture/positions.js'

/** Rows for each coefficient of a linear map, of the half that it is fitted to: with fewer it would be learned by heart. */
const rowsPerCoefficient = 4

/** Never fewer rows than this, where there are so many. */
const leastRows = 384

/** Of standardised channels: added to their mean squares. */
const ridge = 1e-2

/** Of so many channels it is looked at what a map leaves. */
const mappedChannels = 32

/** One channel at some places of all samples. */
type Column = Float64Array

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
  const wanted = Math.max(leastRows, 2 * rowsPerCoefficient * kept.length)
  const expected = columnsOf(
    original,
    kept.map(([, at]) => at),
    wanted,
  )
  const found = columnsOf(
    result,
    kept.map(([at]) => at),
    wanted,
  )
  for (const column of [...expected, ...found]) centre(column)
  const signal = expected.reduce((sum, column) => sum + product(column, column), 0)
  if (signal === 0) return 0
  // What scales of single channels leave is what a map has to explain.
  for (const [channel, column] of expected.entries()) subtractMultiple(column, found[channel]!)
  const byChannel = expected.reduce((sum, column) => sum + product(column, column), 0) / signal
  const rows = expected[0]?.length ?? 0
  if (rows < 2 * rowsPerCoefficient * kept.length) return Math.min(1, byChannel)
  return Math.min(1, byChannel, byChannel * shareLeft(found, expected, rows >> 1))
}

const goldenRatio = 0.6180339887498949

/** By channel, elements at places that are spread over all samples evenly but not in step with the width of images. */
function columnsOf(tensor: Tensor, channels: readonly number[], wanted: number): Column[] {
  const [samples = 1, all = 1] = tensor.dims
  const places = tensor.size / Math.max(1, samples * all)
  const values = tensor.numbers()
  const count = Math.min(samples * places, wanted)
  const first = Float64Array.from({ length: count }, (_, row) => {
    const place = Math.floor(((row + ((row * goldenRatio) % 1)) * samples * places) / count)
    return Math.floor(place / places) * all * places + (place % places)
  })
  return channels.map((channel) => first.map((at) => values[at + channel * places]!))
}

function centre(column: Column): void {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length
  for (let row = 0; row < column.length; row++) column[row]! -= mean
}

function product(a: Column, b: Column, from = 0, to = a.length): number {
  let sum = 0
  for (let row = from; row < to; row++) sum += a[row]! * b[row]!
  return sum
}

/** As much of `part` as leaves least of `column`. */
function subtractMultiple(column: Column, part: Column): void {
  const energy = product(part, part)
  const slope = energy === 0 ? 0 : product(column, part) / energy
  for (let row = 0; row < column.length; row++) column[row]! -= slope * part[row]!
}

/** What share of the second half of `rest` the best linear map of `parts`, fitted to the first half, leaves: of some channels. */
function shareLeft(parts: readonly Column[], rest: readonly Column[], half: number): number {
  const deviations = parts.map((part) => Math.sqrt(product(part, part) / part.length) || 1)
  const features = parts.map((part, i) => part.map((value) => value / deviations[i]!))
  const step = Math.max(1, Math.floor(rest.length / mappedChannels))
  const aims = rest.filter((_, channel) => channel % step === 0)
  const products = Matrix.eye(features.length).mul(ridge * half)
  features.forEach((a, i) => {
    for (let j = 0; j <= i; j++) {
      const sum = product(a, features[j]!, 0, half)
      products.set(i, j, products.get(i, j) + sum)
      if (i !== j) products.set(j, i, sum)
    }
  })
  const cross = new Matrix(features.map((feature) => aims.map((aim) => product(feature, aim, 0, half))))
  const map = new CholeskyDecomposition(products).solve(cross)
  let [before, after] = [0, 0]
  aims.forEach((aim, output) => {
    const left = aim.slice(half)
    before += product(left, left)
    features.forEach((feature, input) => {
      const weight = map.get(input, output)
      for (let row = 0; row < left.length; row++) left[row]! -= weight * feature[half + row]!
    })
    after += product(left, left)
  })
  return before === 0 ? 0 : after / before
}
