import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { DataSet } from '../accuracy/data-set.js'
import { openRuntime, type RunOptions } from '../accuracy/model-outputs.js'
import type { Model, Node } from '../ir/graph.js'
import { changeBasis, type LinearStream, linearStreams } from '../passes/architecture/linear-stream.js'
import { cloneModel } from '../passes/clone-model.js'
import { convolutionLayer } from '../passes/convolution-layer.js'
import { ProductSums } from './product-sums.js'
import { TeacherRows } from './teacher-rows.js'

/** Of the mean, so that what no reader looks at stays invertible. */
const leastWeight = 1e-3

/**
 * The same function with the channels of every linear stream turned into principal components, most important first: what a
 * reader of the stream loses without a component is its variance as that reader sees it. A stream that is narrowed afterwards
 * loses the least that any choice of that many directions could lose. Runs the model once; the given one stays as it is.
 * Throws UserError where the runtime does not take it. Source: principal components in the metric of the readers' weights, as in
 * Ashkboos et al. 2024 (SliceGPT) without their restriction to rotations.
 */
export async function principalStreams(model: Model, data: DataSet, options: RunOptions): Promise<Model> {
  const copy = cloneModel(model)
  const streams = linearStreams(copy)
  if (streams.length === 0) return copy
  const runtime = openRuntime(options)
  const rows = await TeacherRows.open(copy, data, options)
  try {
    const values = streams.flatMap(({ readers }) => readers.map((node) => node.inputs[0]!.name))
    await rows.gather(new Map(values.map((name) => [name, 'channels-first'] as const)), runtime)
    for (const stream of streams) {
      const { forward, backward } = basisOf(await momentOf(stream, rows, data.count), metricOf(stream))
      changeBasis(copy, stream, forward, backward)
    }
    return copy
  } finally {
    await rows.close()
    runtime.close()
  }
}

/** Mean over readers of E[x x'], each scaled to the same trace. */
async function momentOf({ channels, readers }: LinearStream, rows: TeacherRows, samples: number): Promise<Matrix> {
  const sum = Matrix.zeros(channels, channels)
  for (const name of new Set(readers.map((node) => node.inputs[0]!.name))) {
    const products = new ProductSums(channels)
    for (let sample = 0; sample < samples; sample++) {
      const { rows: found } = await rows.rowsOf(name, sample, momentRows)
      for (let at = 0; at < found.length; at += channels) products.add(found, at)
    }
    sum.add(normalised(Matrix.from1DArray(channels, channels, products.matrix())))
  }
  return sum
}

/** Positions of a sample that second moments are taken over. */
const momentRows = 64

/** Mean over readers of W'W, each scaled to the same trace. */
function metricOf({ channels, readers }: LinearStream): Matrix {
  const sum = Matrix.zeros(channels, channels)
  for (const node of readers) sum.add(normalised(readerMetric(node, channels)))
  const floor = (leastWeight * sum.trace()) / channels
  return sum.add(Matrix.eye(channels).mul(floor))
}

/** W'W of a dense convolution over its input channels, summed over outputs and taps. */
function readerMetric(node: Node, channels: number): Matrix {
  const { weight, outChannels } = convolutionLayer(node)!
  const taps = weight.length / (outChannels * channels)
  const products = new ProductSums(channels)
  const row = new Float64Array(channels)
  for (let o = 0; o < outChannels; o++) {
    for (let t = 0; t < taps; t++) {
      for (let c = 0; c < channels; c++) row[c] = weight[(o * channels + c) * taps + t]!
      products.add(row)
    }
  }
  return Matrix.from1DArray(channels, channels, products.matrix())
}

const normalised = (matrix: Matrix): Matrix => matrix.mul(matrix.rows / Math.max(matrix.trace(), 1e-300))

/** U' M^(1/2) and its inverse M^(-1/2) U, U the eigenvectors of M^(1/2) C M^(1/2), largest first. */
function basisOf(moment: Matrix, metric: Matrix): { readonly forward: Float64Array; readonly backward: Float64Array } {
  const root = new EigenvalueDecomposition(metric, { assumeSymmetric: true })
  const scaled = (power: number) => {
    const vectors = root.eigenvectorMatrix
    const diagonal = Matrix.diag(root.realEigenvalues.map((value) => Math.max(value, 1e-12) ** power))
    return vectors.mmul(diagonal).mmul(vectors.transpose())
  }
  const [half, inverse] = [scaled(0.5), scaled(-0.5)]
  const seen = half.mmul(moment).mmul(half)
  const principal = new EigenvalueDecomposition(seen.add(seen.transpose()).mul(0.5), { assumeSymmetric: true })
  const order = [...principal.realEigenvalues.keys()].sort(
    (a, b) => principal.realEigenvalues[b]! - principal.realEigenvalues[a]!,
  )
  const vectors = principal.eigenvectorMatrix.subMatrixColumn(order)
  const flat = (matrix: Matrix) => Float64Array.from(matrix.to1DArray())
  return { forward: flat(vectors.transpose().mmul(half)), backward: flat(inverse.mmul(vectors)) }
}
