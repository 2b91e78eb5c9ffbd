import type { Value } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import { Patch } from '../ir/patch.js'
import type { Tensor } from '../ir/tensor.js'
import type { FittedLayer } from '../passes/architecture/rewritten.js'
import { type ConvolutionLayer, convolutionLayer, isPointwise, layerTensors } from '../passes/convolution-layer.js'
import { clampBounds } from '../passes/exact/scalar-constant.js'
import { SeededRandom } from '../runtime/random.js'
import { Runtime } from '../runtime/session.js'
import { fitPair } from './activation-pair.js'
import { channelsAt, RowChunks, windowsAt } from './feature-rows.js'
import { type Bounds, RowProducts } from './normal-equations.js'
import { joined, Ridge, relativeError } from './ridge.js'
import { sideBySide } from './side-by-side.js'
import type { TunedLayer, TuneReport, TuneRequest } from './tuner.js'

/** Candidates for the ridge, relative to the mean diagonal of the Gram matrix; held-out samples choose. */
const regularisations = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
/** The same for layers that were not rewritten: their present weights are worth staying near to. */
const downstreamRegularisations = [1e-3, 1e-2, 1e-1, 1]
/** Of a layer that kept its weights. */
const defaultRegularisation = 1e-3
/** Every so many samples one is held out. */
const heldOutEvery = 5
/** Features and targets of a layer that are kept take at most this much memory, whatever the number of samples. */
const rowBytes = 256 << 20
/** Steps of majorise and minimise for the error behind the activation. */
const activationSteps = 6

/**
 * Solves for the weights of rewritten convolutions, one after the other: each sees what the student's own layers before it
 * give, and is fitted to the original's value that its output stands for, less what a residual path adds. Then linear layers
 * further downstream, which now see other inputs, are refitted where that lowers their error on held-out samples. Layers that
 * are no dense 2-D convolutions with constant weights keep theirs. Throws UserError where the runtime does not take a model.
 */
export async function tuneClosedForm(request: TuneRequest): Promise<TuneReport> {
  const runtime = new Runtime(request.options.signal === undefined ? {} : { signal: request.options.signal })
  try {
    const products = await RowProducts.open(runtime)
    const layers: TunedLayer[] = []
    const known = new Set([...valuesOf(request.teacher.graph)].map(({ name }) => name))
    for (const fitted of layersFrom(request)) {
      const task = taskOf(fitted, request, known)
      if (task === undefined) continue
      const before = layerBefore(task, request.fitted)
      const isOwn = before !== undefined || request.fitted.includes(fitted)
      if (!isOwn && task.bounds !== undefined) continue
      const tuned = await fitLayer(task, request, products, isOwn ? regularisations : downstreamRegularisations)
      if (tuned !== undefined) layers.push(tuned)
      if (before === undefined) continue
      const ridge = layers.find(({ layer }) => layer === before.node.label)?.regularisation ?? defaultRegularisation
      // Both have weights by now that they did not begin with.
      const [first, second] = [taskOf(before, request, known), taskOf(fitted, request, known)]
      if (first?.bounds !== undefined && second !== undefined && second.bounds === undefined)
        await refinePair({ ...first, bounds: first.bounds }, second, ridge, request, products, runtime)
    }
    return { layers }
  } finally {
    runtime.close()
  }
}

/** Rewritten layers, and what else could be refitted behind the first of them, in execution order. */
function layersFrom({ fitted, student, correspondence }: TuneRequest): FittedLayer[] {
  const first = fitted[0]?.node
  if (first === undefined) return []
  return [...student.graph.nodes()].flatMap((node) => {
    const rewritten = fitted.find((layer) => layer.node === node)
    if (rewritten !== undefined) return [rewritten]
    const [output] = node.outputs
    const target = output === undefined || node.order < first.order ? undefined : correspondence.of(output)?.original
    return target === undefined ? [] : [{ node, target }]
  })
}

/** One layer, where its input comes from, and what it is fitted to. */
interface FitTask {
  readonly fitted: FittedLayer
  readonly layer: ConvolutionLayer
  readonly input: Value
  /** Value of the teacher; of its channels those, in that order (undefined: all). */
  readonly target: string
  readonly channels: Int32Array | undefined
  /** Of the student: added to the layer's output before it is what the target is. */
  readonly residual: Value | undefined
  readonly bounds: Bounds | undefined
}

function taskOf(fitted: FittedLayer, { correspondence }: TuneRequest, known: ReadonlySet<string>): FitTask | undefined {
  const { node } = fitted
  const layer = convolutionLayer(node)
  const output = node.outputs[0]!
  if (layer === undefined || layer.group !== 1 || layer.kernel.length !== 2) return undefined
  const reader = output.soleUser
  const sum =
    reader?.is('Add') === true && reader.inputs.every((input) => input?.tensor === undefined) ? reader : undefined
  const result = sum?.outputs[0] ?? output
  const counterpart = correspondence.of(result)
  if (counterpart === undefined || !known.has(counterpart.original)) return undefined
  const channels = counterpart.positions.get(1)
  const isPartial = [...counterpart.positions.keys()].some((axis) => axis !== 1) || channels?.some((at) => at < 0)
  if (isPartial) return undefined
  return {
    fitted,
    layer,
    input: node.inputs[0]!,
    target: counterpart.original,
    channels,
    residual: sum?.inputs.find((input) => input !== output),
    bounds: sum !== undefined ? undefined : clampBounds(reader),
  }
}

/** The rewritten layer whose activation this pointwise one reads, and nobody else does. */
function layerBefore({ layer, input }: FitTask, fitted: readonly FittedLayer[]): FittedLayer | undefined {
  if (!isPointwise(layer) || input.soleUser === undefined) return undefined
  const activation = input.producer
  const before = activation?.inputs[0]
  if (before?.soleUser !== activation) return undefined
  return fitted.find(({ node }) => node === before?.producer)
}

/** Both layers of a rewritten pair, fitted together to what the second is to give. */
async function refinePair(
  first: FitTask & { readonly bounds: Bounds },
  second: FitTask,
  regularisation: number,
  request: TuneRequest,
  products: RowProducts,
  runtime: Runtime,
): Promise<void> {
  const { kept, heldOut } = await rowsOf({ ...second, layer: first.layer, input: first.input }, request)
  const start = { first: weightsOf(first.layer), second: weightsOf(second.layer) }
  const equations = await products.normalEquations(kept)
  const pair = await fitPair(runtime, start, equations, regularisation, first.bounds, { rows: kept, heldOut })
  setWeights(first, request, pair.first)
  setWeights(second, request, pair.second)
}

/** undefined: held-out samples are better off with the weights that it has. */
async function fitLayer(
  task: FitTask,
  request: TuneRequest,
  products: RowProducts,
  candidates: readonly number[],
): Promise<TunedLayer | undefined> {
  const { layer, bounds, fitted } = task
  const { kept, heldOut } = await rowsOf(task, request)
  const [equations, held] = [await products.normalEquations(kept), await products.normalEquations(heldOut)]
  const present = weightsOf(layer)
  const errors = candidates.map((regularisation) =>
    relativeError(held, new Ridge(equations, regularisation, present).solve(equations.cross)),
  )
  const least = Math.min(...errors)
  if (!(least < relativeError(held, present))) return undefined
  const regularisation = candidates[errors.indexOf(least)]!
  const all = joined(equations, held)
  const ridge = new Ridge(all, regularisation, present)
  let weights = ridge.solve(all.cross)
  if (bounds !== undefined) {
    const rows = [...kept, ...heldOut]
    for (let step = 0; step < activationSteps; step++)
      weights = ridge.solve(await products.clippedCross(rows, weights, bounds))
  }
  setWeights(task, request, weights)
  const { label } = fitted.node
  return { layer: label, target: task.target, regularisation, conditioning: ridge.conditioning() }
}

/** Some output positions of every sample, drawn once: features from the student, targets from the teacher. */
async function rowsOf(task: FitTask, { teacher, student, data, options }: TuneRequest) {
  const { layer, input, residual, channels } = task
  const wanted = [...new Set([input.name, ...(residual === undefined ? [] : [residual.name])])]
  const width = layer.weight.length / layer.outChannels + 1 + layer.outChannels
  const perSample = Math.max(1, Math.floor(rowBytes / (4 * width * data.count)))
  const random = new SeededRandom(data.count)
  const [kept, heldOut] = [new RowChunks(), new RowChunks()]
  const pairs = sideBySide({ model: teacher, values: [task.target] }, { model: student, values: wanted }, data, {
    ...options,
    onProgress: undefined,
  })
  for await (const [{ outputs: expected }, { sample, outputs }] of pairs) {
    const y = expected.get(task.target)!
    const positions = someOf(y.dims[2]! * y.dims[3]!, perSample, random)
    const features = windowsAt(outputs.get(input.name)!, layer, y.dims[3]!, positions)
    const targets = channelsAt(y, positions, channels)
    if (residual !== undefined) subtract(targets, outputs.get(residual.name)!, positions)
    const list = sample % heldOutEvery === heldOutEvery - 1 ? heldOut : kept
    list.add({ count: positions.length, features, targets })
  }
  kept.close()
  heldOut.close()
  // Few samples are all there is to choose by.
  return { kept: kept.chunks, heldOut: heldOut.chunks.length > 0 ? heldOut.chunks : kept.chunks }
}

function subtract(targets: Float32Array, residual: Tensor, positions: Int32Array): void {
  const other = channelsAt(residual, positions)
  for (let i = 0; i < targets.length; i++) targets[i]! -= other[i]!
}

/** All positions in order where they are few, else as many drawn without repetition. */
function someOf(count: number, wanted: number, random: SeededRandom): Int32Array {
  const all = Int32Array.from({ length: count }, (_, i) => i)
  if (count <= wanted) return all
  for (let i = 0; i < wanted; i++) {
    const j = random.integer(i, count - 1)
    const swapped = all[i]!
    all[i] = all[j]!
    all[j] = swapped
  }
  return all.subarray(0, wanted).sort()
}

/** [features + 1, outputs], the bias in the last row. */
function weightsOf({ weight, bias, outChannels }: ConvolutionLayer): Float64Array {
  const features = weight.length / outChannels
  const rows = new Float64Array((features + 1) * outChannels)
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < features; i++) rows[i * outChannels + o] = weight[o * features + i]!
    rows[features * outChannels + o] = bias[o]!
  }
  return rows
}

function setWeights({ fitted, layer }: FitTask, { student }: TuneRequest, rows: Float64Array): void {
  const { outChannels } = layer
  const features = layer.weight.length / outChannels
  const weight = Float64Array.from(
    layer.weight,
    (_, i) => rows[(i % features) * outChannels + Math.floor(i / features)]!,
  )
  const bias = rows.slice(features * outChannels)
  const tensors = layerTensors({ ...layer, weight, bias })
  // Too large for the dtype: what algebra gave is better than infinities.
  if (tensors === undefined) return
  const patch = new Patch(student)
  const { node } = fitted
  patch.setConstant(node, 1, tensors.weight)
  patch.setConstant(node, 2, tensors.bias)
  patch.collectGarbage(() => true)
}
