import { constantOf } from '../ir/constant.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { Trait } from '../ir/ops/define.js'
import { dimsOf, dtypeOf } from '../ir/type.js'
import { blockLayout } from './blocked-layout.js'
import { type Binding, ConcreteSizes } from './concrete-sizes.js'
import { fuse } from './fusion.js'
import type { Kernel } from './kernel.js'
import { KernelMeasure } from './measure-kernel.js'
import { Operands } from './operands.js'
import type { KernelShape } from './shape.js'
import type { Precision, Target } from './target.js'

export type { Binding } from './concrete-sizes.js'
export type { Activation, Kernel } from './kernel.js'

/** The kernels that a target runs for a model, in order. */
export interface KernelPlan {
  readonly kernels: readonly Kernel[]
  /** The same before the target's blocked layout, if it has one. */
  readonly plain: readonly Kernel[]
  /** A plain kernel as it is when its axes have other sizes. */
  readonly resized: (kernel: Kernel, sizes: ConcreteSizes) => Kernel
  /** Sizes that had to be assumed: symbols without a binding, data-dependent dims, loops without a known count. */
  readonly assumptions: readonly string[]
  readonly precision: Precision
}

/** Turns a model (types inferred) into the kernels its target runs. */
export function planKernels(model: Model, target: Target, binding: Binding = {}): KernelPlan {
  const plan = new Planner(model, target, binding)
  plan.graph(model.graph, 1)
  const { layout } = target.fusion
  const kernels = layout === undefined ? plan.kernels : blockLayout(plan.kernels, layout)
  return {
    kernels,
    plain: plan.kernels,
    resized: (kernel, sizes) => plan.resized(kernel, sizes),
    assumptions: [...plan.sizes.assumptions],
    precision: plan.sizes.precision,
  }
}

/** Shape of a node as a kernel of its own, whatever would be fused to it. The types around it are inferred. */
export function shapeOfNode(node: Node, target: Target): KernelShape {
  const plan = new Planner(node.graph.model, target, {}, true)
  plan.node(node, 1)
  return plan.kernels[0]!.shape
}

class Planner {
  readonly kernels: Kernel[] = []
  readonly sizes: ConcreteSizes
  readonly #target: Target
  readonly #operands: Operands
  readonly #measure: KernelMeasure
  readonly #fused = new Set<Node>()
  /** Whether nothing is fused. */
  readonly #isAlone: boolean

  constructor(model: Model, target: Target, binding: Binding, isAlone = false) {
    this.sizes = new ConcreteSizes(model, target, binding)
    this.#target = target
    this.#operands = new Operands(target.fusion)
    this.#measure = new KernelMeasure(this.sizes, this.#operands)
    this.#isAlone = isAlone
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
    if (dispatch === 'every-node')
      return !(node.domain === '' && drops?.includes(node.opType)) && !this.#operands.folds(node)
    const traits = contextOf(node)?.resolved.op.traits ?? []
    if (this.#operands.isFreeConversion(node)) return false
    return node.inputs.length > 0 && !traits.includes('view') && !isShapeArithmetic(node)
  }

  /** A kernel around a node and what is fused to it. */
  node(node: Node, repeats: number): void {
    const found = contextOf(node)
    const traits = found?.resolved.op.traits ?? []
    const { rules } = this.#target.fusion
    const { nodes, op } =
      rules === undefined || this.#isAlone
        ? { nodes: [node], op: undefined }
        : fuse(
            node,
            rules,
            (value) => this.#operands.isKnown(value),
            (each) => this.#fused.has(each),
          )
    for (const member of nodes.slice(1)) this.#fused.add(member)
    if (rules === undefined && this.#measure.isDense(node, traits)) this.#fuseFollowers(node, nodes)
    this.kernels.push(this.#measure.kernel({ nodes, op, repeats }))
  }

  resized({ nodes, shape, repeats }: Kernel, sizes: ConcreteSizes): Kernel {
    return new KernelMeasure(sizes, this.#operands).kernel({ nodes, op: shape.op, repeats })
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
      if (length !== undefined) return this.sizes.size(length, node)
    }
    const limit = constantOf(node.inputs[0])
    if (node.is('Loop') && limit !== undefined && limit.size === 1) {
      const trips = limit.numbers()[0]!
      if (trips < 2 ** 31) return Math.max(trips, 0)
    }
    this.sizes.assumptions.add(`${node.label}: unknown number of iterations, taken as 1`)
    return 1
  }

  /** Pointwise work that the target does on the array's output at no cost, as long as it is the only consumer. */
  #fuseFollowers(anchor: Node, nodes: Node[]): void {
    const free = this.#target.fusion.freeAfterArray
    // Conversions between anchor and follower: part of the kernel once a follower is.
    let between: Node[] = []
    for (let at = anchor; ; ) {
      const next = at.outputs[0]?.soleUser
      if (next === undefined || next.graph !== anchor.graph || this.#fused.has(next)) return
      if (this.#operands.isFreeConversion(next)) {
        between.push(next)
        at = next
        continue
      }
      const traits = contextOf(next)?.resolved.op.traits ?? []
      const others = next.inputs.filter((input) => input !== undefined && input !== at.outputs[0]) as Value[]
      const hasConstantsOnly = others.every((input) => constantOf(this.#operands.source(input)) !== undefined)
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
}

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
