import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import { volume } from '../../ir/tensor.js'
import type { ConvolutionLayer } from '../convolution-layer.js'
import { type Declined, declined } from './declined.js'

/** A convolution as two, a column of taps and then a row, and the share of its weights' energy that these do not have. */
export interface RowColumn {
  readonly column: ConvolutionLayer
  readonly row: ConvolutionLayer
  readonly lostShare: number
}

/**
 * W[o, i, y, x] ~ sum over r of R[o, r, x] C[r, i, y], the best of that rank: truncated singular value decomposition of the
 * matrix [(i y), (o x)] of each group. The column takes the vertical stride, padding and dilation, the row the others; the
 * bias is the row's, so that the padding of the row sees zeros. Source: Jaderberg, Vedaldi, Zisserman 2014, scheme 2.
 */
export function rowColumn(layer: ConvolutionLayer, rank: number | undefined, place: string): RowColumn | Declined {
  if (layer.kernel.length !== 2 || layer.kernel.some((taps) => taps < 2))
    return declined('no-plane-kernel', place, 'none: it has no rows and columns of taps')
  const { group, inChannels, outChannels } = layer
  const [height, width] = layer.kernel as [number, number]
  const [inputs, outputs] = [inChannels / group, outChannels / group]
  const most = Math.min(inputs * height, outputs * width)
  const given = rank ?? Math.min(most, halfRank(layer))
  if (!Number.isInteger(given) || given < 1 || given > most)
    return declined('impossible-rank', `${place}: rank ${given}`, `give a rank from 1 to ${most}`)
  const columns = new Float64Array(group * given * inputs * height)
  const rows = new Float64Array(outChannels * given * width)
  let [kept, whole] = [0, 0]
  for (let g = 0; g < group; g++) {
    const matrix = groupMatrix(layer, g)
    // The decomposition wants at least as many rows as columns.
    const isTall = matrix.rows >= matrix.columns
    const decomposition = new SingularValueDecomposition(isTall ? matrix : matrix.transpose())
    const { diagonal } = decomposition
    const [left, right] = isTall
      ? [decomposition.leftSingularVectors, decomposition.rightSingularVectors]
      : [decomposition.rightSingularVectors, decomposition.leftSingularVectors]
    whole += diagonal.reduce((sum, value) => sum + value * value, 0)
    for (let r = 0; r < given; r++) {
      const strength = diagonal[r]!
      kept += strength * strength
      // Both sides get half of it, so that neither is much larger than the other.
      const root = Math.sqrt(strength)
      for (let i = 0; i < inputs * height; i++) columns[(g * given + r) * inputs * height + i] = left.get(i, r) * root
      for (let o = 0; o < outputs; o++) {
        for (let x = 0; x < width; x++)
          rows[((g * outputs + o) * given + r) * width + x] = right.get(o * width + x, r) * root
      }
    }
  }
  const middle = group * given
  const lostShare = whole === 0 ? 0 : Math.max(0, 1 - kept / whole)
  return {
    column: { ...along(layer, 0), inChannels, outChannels: middle, weight: columns, bias: new Float64Array(middle) },
    row: { ...along(layer, 1), inChannels: middle, outChannels, weight: rows, bias: layer.bias },
    lostShare,
  }
}

/** The rank that takes about half of the multiply-accumulates; the column runs before the horizontal stride. */
function halfRank({ inChannels, outChannels, group, kernel, strides }: ConvolutionLayer): number {
  const [inputs, outputs] = [inChannels / group, outChannels / group]
  const [height, width] = kernel as [number, number]
  const perRank = inputs * height * strides[1]! + outputs * width
  return Math.max(1, Math.floor((inputs * outputs * volume(kernel)) / (2 * perRank)))
}

/** [(i y), (o x)] of one group. */
function groupMatrix({ weight, kernel, inChannels, outChannels, group }: ConvolutionLayer, index: number): Matrix {
  const [inputs, outputs] = [inChannels / group, outChannels / group]
  const [height, width] = kernel as [number, number]
  const matrix = Matrix.zeros(inputs * height, outputs * width)
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      const from = ((index * outputs + o) * inputs + i) * height * width
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) matrix.set(i * height + y, o * width + x, weight[from + y * width + x]!)
      }
    }
  }
  return matrix
}

/** The window of one axis; along the other one tap with stride 1 and no padding. */
function along(
  layer: ConvolutionLayer,
  axis: 0 | 1,
): Omit<ConvolutionLayer, 'weight' | 'bias' | 'inChannels' | 'outChannels'> {
  const only = (list: readonly number[], other: number) => list.map((value, i) => (i === axis ? value : other))
  return {
    dtype: layer.dtype,
    group: layer.group,
    kernel: only(layer.kernel, 1),
    strides: only(layer.strides, 1),
    dilations: only(layer.dilations, 1),
    pads: { begin: only(layer.pads.begin, 0), end: only(layer.pads.end, 0) },
  }
}
