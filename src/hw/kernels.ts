import { constantOf } from '../ir/constant.js'
import { bindDim, type Dim, isStatic, staticShape, symbolsOf } from '../ir/dim.js'
import { bitsOf, type DType, isFloat } from '../ir/dtype.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { Trait } from '../ir/ops/define.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf, dtypeOf } from '../ir/type.js'
import { blockLayout } from './blocked-layout.js'
import type { ArrayMapping } from './cycles/mapping.js'
import { beforeConversions, isFormatConversion } from './format-conversion.js'
import { fuse } from './fusion.js'
import type { Activation, Kernel } from './kernel.js'
import { type KernelKind, type KernelShape, precisionBytes } from './shape.js'
import { shapeOf } from './shape-of.js'
import type { Precision, Target } from './target.js'

export type { Activation, Kernel } from './kernel.js'

export interface KernelPlan {
  readonly kernels: readonly Kernel[]
  /** Sizes that had to be assumed: symbols without a binding, data-dependent dims, loops without a known count. */
  readonly assumptions: readonly string[]
  readonly precision: Precision
}

export interface Binding {
  /** Sizes for symbols of the graph inputs; others are taken as 1. */
  readonly symbols?: ReadonlyMap<string, number>
}

/** Turns a model (types inferred) into the kernels its target runs. */
export function planKernels(model: Model, target: Target, binding: Binding = {}): KernelPlan {
  const plan = new Planner(model, target, binding)
  plan.graph(model.graph, 1)
  const { layout } = target.fusion
  const kernels = layout === undefined ? plan.kernels : blockLayout(plan.kernels, layout)
  return { kernels, assumptions: [...plan.assumptions], precision: plan.precision }
}

/** Shape of a node as a kernel of its own, whatever would be fused to it. The types around it are inferred. */
export function shapeOfNode(node: Node, target: Target): KernelShape {
  const plan = new Planner(node.graph.model, target, {}, true)
  plan.node(node, 1)
  return plan.kernels[0]!.shape
}

class Planner {
  readonly kernels: Kernel[] = []
  readonly assumptions = new Set<string>()
  readonly precision: Precision
  readonly #target: Target
  readonly #symbols: ReadonlyMap<string, number>
  readonly #fused = new Set<Node>()
  /** Values that are constants before anything runs. */
  readonly #folded = new Set<Value>()

  /** Whether nothing is fused. */
  readonly #isAlone: boolean

  constructor(model: Model, target: Target, binding: Binding, isAlone = false) {
    this.#isAlone = isAlone
    this.#target = target
    this.#symbols = binding.symbols ?? new Map()
    this.precision = target.defaultPrecision === 'model' ? ownPrecision(model) : target.defaultPrecision
  }

  graph(graph: Graph, repeats: number): void {
    for (const node of graph.nodes()) {
      if (this.#fused.has(node)) continue
      if (node.hasSubgraphs) {
        if (this.#target.fusion.dispatch === 'every-node') this.node(node, repeats)
        this.#controlFlow(node, repeats)
      } else if (this.#isWork(node)) this.node(node, repeats)
    }
  }

  /** Constants are weights. Where nothing is dispatched at run time, views only rename, and the host works out sizes beforehand. */
  #isWork(node: Node): boolean {
    if (node.outputs.every((output) => constantOf(output))) return false
    const { dispatch, drops } = this.#target.fusion
    if (dispatch === 'every-node') return !(node.domain === '' && drops?.includes(node.opType)) && !this.#folds(node)
    const traits = contextOf(node)?.resolved.op.traits ?? []
    if (this.#convertsForFree && isFormatConversion(node)) return false
    return node.inputs.length > 0 && !traits.includes('view') && !isShapeArithmetic(node)
  }

  /** Whether data change their number format on the way into and out of a unit. */
  get #convertsForFree(): boolean {
    return this.#target.fusion.freeAfterArray.includes('format-conversion')
  }

  /** What a kernel reads where a node reads `value`. */
  #source(value: Value): Value {
    return this.#convertsForFree ? beforeConversions(value) : value
  }

  /** Whether the target's runtime computes the node before anything runs. Asked in order, so that what it takes has been asked. */
  #folds(node: Node): boolean {
    if (this.#target.fusion.foldsConstants !== true || node.hasSubgraphs) return false
    const traits = contextOf(node)?.resolved.op.traits ?? []
    const isSize = (node.is('Shape') || node.is('Size')) && dimsOf(node.inputs[0]?.type)?.every(isStatic) === true
    const isFolded =
      isSize ||
      (!traits.includes('random') && node.inputs.every((input) => input === undefined || this.#isKnown(input)))
    if (isFolded) for (const output of node.outputs) if (output !== undefined) this.#folded.add(output)
    return isFolded
  }

  #isKnown(value: Value): boolean {
    return this.#constantOf(value) !== undefined || this.#folded.has(value)
  }

  /** Before version 4 of the format every initializer had to be an input, and a runtime that folds takes it for a constant. */
  #constantOf(value: Value | undefined): Tensor | undefined {
    const isOld = this.#target.fusion.foldsConstants === true && (value?.graph.model.irVersion ?? 4) < 4
    return constantOf(value) ?? (isOld ? value?.tensor : undefined)
  }

  /** A kernel around a node and what is fused to it. */
  node(node: Node, repeats: number): void {
    const found = contextOf(node)
    const traits = found?.resolved.op.traits ?? []
    const mapping = this.#mapping(node, traits)
    const { rules } = this.#target.fusion
    const { nodes, op } =
      rules === undefined || this.#isAlone
        ? { nodes: [node], op: undefined }
        : fuse(node, rules, (value) => this.#isKnown(value))
    for (const member of nodes.slice(1)) this.#fused.add(member)
    if (mapping !== undefined && rules === undefined) this.#fuseFollowers(node, nodes)
    const last = nodes.at(-1)!
    const inputs: Activation[] = []
    let weightBytes = 0
    for (const member of nodes) {
      if (this.#convertsForFree && isFormatConversion(member)) continue
      for (const operand of member.inputs) {
        if (operand === undefined || (member !== node && nodes.includes(operand.producer as Node))) continue
        const input = this.#source(operand)
        if (this.#constantOf(input) !== undefined) weightBytes += this.#bytes(input)
        else if (this.#folded.has(input)) weightBytes += this.#activation(input).bytes
        else if (!inputs.some(({ value }) => value === input)) inputs.push(this.#activation(input))
      }
    }
    const macs = this.#size(found?.resolved.op.macs?.(found.context) ?? 0, node)
    const outputs = last.outputs.filter((output) => output !== undefined).map((output) => this.#activation(output))
    const isFunction = found === undefined && node.graph.model.functionOf(node) !== undefined
    if (isFunction) this.assumptions.add(`${node.label}: a function, taken as one pass over its data`)
    const kind = kindOf(traits, mapping, found === undefined && !isFunction, node)
    this.kernels.push({
      name: node.name || node.label,
      kind,
      nodes,
      macs,
      weightBytes,
      inputs,
      outputs,
      mapping,
      shape: shapeOf({
        kind,
        op,
        anchor: node,
        precision: this.#precisionOf(node),
        inputDims: this.#dims(node.inputs[0], node),
        outputDims: this.#dims(node.outputs[0], node),
        weightDims: this.#weightDims(node, traits),
        inputBytes: sum(inputs),
        outputBytes: sum(outputs),
        weightBytes,
        macs,
        mapping,
        fused: nodes.slice(1).filter(readsTwoActivations).length,
        activations: inputs.length + outputs.length,
      }),
      repeats,
    })
  }

  /** Bodies run as often as is known of the trip count; of branches the one with more work. */
  #controlFlow(node: Node, repeats: number): void {
    const graphs = [...node.subgraphs()]
    if (node.is('If')) {
      const plans = graphs.map((graph) => {
        const start = this.kernels.length
        this.graph(graph, repeats)
        return this.kernels.splice(start)
      })
      const work = (kernels: Kernel[]) => kernels.reduce((sum, kernel) => sum + kernel.macs + kernel.weightBytes, 0)
      plans.sort((a, b) => work(b) - work(a))
      this.kernels.push(...(plans[0] ?? []))
      return
    }
    const trips = this.#tripCount(node)
    for (const graph of graphs) this.graph(graph, repeats * trips)
  }

  #tripCount(node: Node): number {
    if (node.is('Scan')) {
      const count = node.int('num_scan_inputs', 1)
      const sequence = node.inputs.at(-count)
      const dims = sequence === undefined ? undefined : dimsOf(sequence.type)
      const axis = node.ints('scan_input_axes')?.[0] ?? 0
      const length = dims?.[axis < 0 ? axis + dims.length : axis]
      if (length !== undefined) return this.#size(length, node)
    }
    const limit = constantOf(node.inputs[0])
    if (node.is('Loop') && limit !== undefined && limit.size === 1) {
      const trips = limit.numbers()[0]!
      if (trips < 2 ** 31) return Math.max(trips, 0)
    }
    this.assumptions.add(`${node.label}: unknown number of iterations, taken as 1`)
    return 1
  }

  /** Pointwise work that the target does on the array's output at no cost, as long as it is the only consumer. */
  #fuseFollowers(anchor: Node, nodes: Node[]): void {
    const free = this.#target.fusion.freeAfterArray
    // Conversions between anchor and follower: part of the kernel once a follower is.
    let between: Node[] = []
    for (let at = anchor; ; ) {
      const next = at.outputs[0]?.soleUser
      if (next === undefined || next.graph !== anchor.graph) return
      if (this.#convertsForFree && isFormatConversion(next)) {
        between.push(next)
        at = next
        continue
      }
      const traits = contextOf(next)?.resolved.op.traits ?? []
      const others = next.inputs.filter((input) => input !== undefined && input !== at.outputs[0]) as Value[]
      const hasConstantsOnly = others.every((input) => constantOf(this.#source(input)) !== undefined)
      const isFree =
        (free.includes('activation') && traits.includes('activation') && hasConstantsOnly) ||
        (free.includes('unary') && traits.includes('unary') && hasConstantsOnly) ||
        (free.includes('scale-and-shift') && isScaleOrShift(traits) && hasConstantsOnly) ||
        (free.includes('residual-add') && next.is('Add'))
      if (!isFree) return
      for (const member of [...between, next]) {
        nodes.push(member)
        this.#fused.add(member)
      }
      between = []
      at = next
    }
  }

  /** Dense algebra as positions x taps x channels, read off the operands' shapes. */
  #mapping(node: Node, traits: readonly Trait[]): ArrayMapping | undefined {
    const out = this.#dims(node.outputs[0], node)
    if (out === undefined) return undefined
    if (traits.includes('convolution') && out.length > 2) return this.#convolution(node, out)
    if (!traits.includes('matmul')) return undefined
    const macs = this.#size(contextOf(node)?.resolved.op.macs?.(contextOf(node)!.context) ?? 0, node)
    const outElements = product(out)
    if (macs === 0 || outElements === 0) return undefined
    const outChannels = out.at(-1) ?? 1
    return {
      positions: outElements / outChannels,
      taps: 1,
      groups: 1,
      inChannels: Math.max(1, Math.round(macs / outElements)),
      outChannels,
    }
  }

  #convolution(node: Node, out: readonly number[]): ArrayMapping | undefined {
    const w = this.#weightDims(node, ['convolution'])
    const x = this.#dims(node.inputs[0], node)
    if (w === undefined || x === undefined) return undefined
    const groups = Math.max(1, node.int('group', 1))
    const taps = product(w.slice(2))
    if (node.opType.startsWith('ConvTranspose')) {
      // Every input position is multiplied with every tap: w is [C, M/group, k...].
      return { positions: product(x) / x[1]!, taps, groups, inChannels: w[0]! / groups, outChannels: w[1]! }
    }
    return { positions: product(out) / out[1]!, taps, groups, inChannels: w[1]!, outChannels: w[0]! / groups }
  }

  /** The filters of a convolution, whether constant or not; of other nodes the constant matrix. */
  #weightDims(node: Node, traits: readonly Trait[]): readonly number[] | undefined {
    const isConvolution = traits.includes('convolution')
    const least = isConvolution ? 3 : 2
    for (const [i, input] of node.inputs.entries()) {
      const isWeight = isConvolution || (input !== undefined && this.#constantOf(this.#source(input)) !== undefined)
      const dims = i > 0 && isWeight ? this.#dims(input, node) : undefined
      if (dims !== undefined && dims.length >= least) return dims
    }
    return undefined
  }

  #activation(value: Value): Activation {
    const dims = this.#dims(value, value.producer)
    const elements = dims === undefined ? 0 : product(dims)
    if (dims === undefined) this.assumptions.add(`"${value.name}": unknown rank, taken as empty`)
    return { value, elements, bytes: elements * this.#elementBytes(dtypeOf(value.type)) }
  }

  #bytes(value: Value): number {
    const tensor = this.#constantOf(value)!
    return tensor.size * this.#elementBytes(tensor.dtype)
  }

  /** The deployed format; where models keep their own, that of the node's data. */
  #precisionOf(node: Node): Precision {
    if (this.#target.defaultPrecision !== 'model') return this.precision
    const dtypes = node.inputs.map((input) => constantOf(input)?.dtype ?? dtypeOf(input?.type))
    if (dtypes.some((dtype) => dtype === 'int8' || dtype === 'uint8')) return 'int8'
    const dtype = dtypes.find((each) => each !== undefined && isFloat(each))
    return dtype === 'float16' || dtype === 'bfloat16' ? dtype : 'float32'
  }

  /** Float data travel in the deployed format, everything else in its own. */
  #elementBytes(dtype: DType | undefined): number {
    if (dtype !== undefined && this.#target.defaultPrecision === 'model') return bitsOf(dtype) / 8
    if (dtype === undefined || (isFloat(dtype) && bitsOf(dtype) >= 16)) return precisionBytes[this.precision]
    return bitsOf(dtype) / 8
  }

  #dims(value: Value | undefined, place: Node | undefined): number[] | undefined {
    if (value === undefined) return undefined
    const constant = constantOf(value)
    if (constant !== undefined) return [...constant.dims]
    return dimsOf(value.type)?.map((dim) => this.#size(dim, place))
  }

  #size(dim: Dim, place: Node | undefined): number {
    if (typeof dim === 'number') return dim
    const bindings = new Map<string, Dim>()
    for (const name of symbolsOf(dim)) {
      const bound = this.#symbols.get(name)
      if (bound === undefined) {
        this.assumptions.add(
          name.startsWith('?') ? `${place?.label ?? 'input'}: a size that depends on data, taken as 1` : `${name} = 1`,
        )
      }
      bindings.set(name, bound ?? 1)
    }
    return Math.max(0, staticShape([bindDim(dim, bindings)])?.[0] ?? 1)
  }
}

const sum = (activations: readonly Activation[]): number => activations.reduce((all, { bytes }) => all + bytes, 0)

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1)

function kindOf(
  traits: readonly Trait[],
  mapping: ArrayMapping | undefined,
  isOpaque: boolean,
  node: Node,
): KernelKind {
  if (isOpaque) return 'opaque'
  if (traits.includes('convolution')) {
    if (node.opType.startsWith('ConvTranspose')) return 'transposed-convolution'
    return mapping !== undefined && mapping.groups > 1 && mapping.inChannels === 1 ? 'depthwise' : 'convolution'
  }
  if (traits.includes('recurrent')) return 'recurrent'
  if (traits.includes('attention')) return 'attention'
  if (traits.includes('matmul')) return 'matmul'
  if (traits.includes('pool')) return 'pool'
  return traits.includes('movement') ? 'movement' : 'vector'
}

/** As the addition of a residual does. */
const readsTwoActivations = (node: Node): boolean =>
  node.inputs.filter((input) => input !== undefined && constantOf(input) === undefined).length > 1

/** A batch normalization at inference, or an Add, Sub, Mul, Div with a constant. */
const isScaleOrShift = (traits: readonly Trait[]): boolean =>
  (traits.includes('pointwise') && !traits.includes('unary')) ||
  (traits.includes('normalization') && traits.includes('linear'))

/** Integer work on a handful of elements is done by the host while it plans. */
function isShapeArithmetic(node: Node): boolean {
  return node.outputs.every((output) => {
    const dims = dimsOf(output?.type)
    const dtype = dtypeOf(output?.type)
    const isSmall = dims !== undefined && dims.length <= 1 && dims.every((dim) => typeof dim === 'number' && dim <= 16)
    return isSmall && (dtype === 'int64' || dtype === 'int32' || dtype === 'bool')
  })
}

/** The widest float format among the model's weights. */
function ownPrecision(model: Model): Precision {
  const seen = new Set<DType>()
  for (const initializer of model.graph.initializers) if (initializer.tensor) seen.add(initializer.tensor.dtype)
  if (seen.has('float32') || seen.has('float64')) return 'float32'
  if (seen.has('float16')) return 'float16'
  if (seen.has('bfloat16')) return 'bfloat16'
  return seen.has('int8') || seen.has('uint8') ? 'int8' : 'float32'
}
