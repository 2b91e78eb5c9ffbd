import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import { byteSize, type DType } from '../../ir/dtype.js'
import type { Graph, Model, Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import { type Tensor, volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { definePass, type PassContext, type SweepReport, skip } from '../define.js'

/** What the runtime can give back. */
const returnable = new Set<DType>(
  'float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool string'.split(' ') as DType[],
)

/** A fold that adds no more than this is always fine. Bytes. */
const freeBytes = 256

/** No fold adds more than this, whatever is left of the budget: a second run refuses what the first one refused. Bytes. */
const foldBytes = 16384

/** What is larger on the way is not computed at all. Bytes. */
const workBytes = 64 * 1024 * 1024

/**
 * Nodes whose inputs are all constants are computed now: by the operator's own rule where that is bit-exact, else by the
 * runtime, all of them in one run. Never QuantizeLinear and DequantizeLinear (they say what the numbers mean), never
 * random operators or control flow, and never what would make the file larger than the budget allows: sizes are known
 * from inference before anything is computed.
 */
export const foldConstants = definePass({
  id: 'fold-constants',
  kind: 'exact',
  rule: 'f(constants) = constant',
  example: ['y = Add(x, Mul(2, 3))', 'y = Add(x, 6)'],
  async sweep(context, patch, report) {
    const left = bytesLeft(context)
    for (const root of context.model.roots()) {
      const plan = planFolds(root, context, report, left)
      foldDirectly(root, plan, patch, report)
      if (root.ownerFunction === undefined) await foldByRuntime(plan, context, patch, report)
    }
  },
})

/**
 * What hangs on constants alone and may be stored: no fold that adds more than its limit; and when all together add more
 * than is left, none that adds anything to speak of. So a second run decides as the first did.
 */
function planFolds(root: Graph, context: PassContext, report: SweepReport, left: number): Set<Node> {
  const plan = new Set<Node>()
  const canRun = context.evaluate !== undefined && root.ownerFunction === undefined
  for (const node of root.allNodes()) {
    if (!isFoldable(node) || !node.inputs.every((input) => isGiven(input, plan))) continue
    if (outputBytes(node) > workBytes) {
      report.skip(skip('too-large', node, 'none: computing it would take too much memory'))
      continue
    }
    const isComputable = canRun && node.outputs.every(hasReturnableType)
    if (isComputable || contextOf(node)?.resolved.op.evaluate !== undefined) plan.add(node)
  }
  // Only what leaves the plan has to be stored; what would bloat the file stays a computation, and so does what needs it.
  const refuseAbove = (limit: number) => {
    for (let refused: Node[]; ; ) {
      refused = [...plan].filter((node) => isNeededOutside(node, plan) && growthOf(node, plan) > limit)
      if (refused.length === 0) return
      for (const node of refused) {
        report.skip(skip('would-grow', node, 'none: the file would get larger'))
        plan.delete(node)
      }
    }
  }
  refuseAbove(foldBytes)
  if (storedBytes(plan) - freedBy([...plan]) > Math.max(freeBytes, left)) refuseAbove(freeBytes)
  return plan
}

/** Sizes in the file at the start of a run: nodes and names; tensors, the least they have taken so far. */
const starts = new WeakMap<PassContext, Sizes>()

interface Sizes {
  readonly structure: number
  readonly tensors: number
}

/**
 * How much larger folds may still make the file: a folded tensor that a later rewrite consumed is given back, and so are
 * the nodes and names that have gone, but not the tensors that other passes got rid of.
 */
function bytesLeft(context: PassContext): number {
  const now = sizesOf(context.model)
  const start = starts.get(context) ?? now
  const tensors = Math.min(start.tensors, now.tensors)
  starts.set(context, { structure: start.structure, tensors })
  return context.foldBudgetBytes + (start.structure - now.structure) - (now.tensors - tensors)
}

/** About what the file takes: tag and length are two bytes for every string and attribute, a dim at least two. */
function sizesOf(model: Model): Sizes {
  const graphs = new Set<Graph>(model.roots())
  let structure = 0
  let tensors = 0
  const text = (name: string) => (name === '' ? 0 : name.length + 2)
  for (const node of model.allNodes()) {
    for (const inner of node.subgraphs()) graphs.add(inner)
    structure += text(node.name) + text(node.opType) + 2
    for (const value of [...node.inputs, ...node.outputs]) structure += text(value?.name ?? '')
    for (const name of node.attributes.keys()) structure += text(name) + 6
  }
  for (const { initializers } of graphs) {
    for (const { name, tensor } of initializers) {
      structure += text(name) + 2 + 2 * (tensor?.rank ?? 0)
      tensors += tensor?.byteLength ?? 0
    }
  }
  return { structure, tensors }
}

/** Folds by the operators' own rules, from the front to the back. Large values on the way are left to the runtime. */
function foldDirectly(graph: Graph, plan: Set<Node>, patch: Patch, report: SweepReport): void {
  for (const node of graph.nodes()) {
    for (const inner of node.subgraphs()) foldDirectly(inner, plan, patch, report)
    if (!plan.has(node) || !node.inputs.every((input) => input === undefined || constantOf(input) !== undefined))
      continue
    const found = contextOf(node)
    const evaluate = found?.resolved.op.evaluate
    if (found === undefined || evaluate === undefined || !replaceable(node)) continue
    // Inferred sizes first: a few bytes can describe a tensor that fills the memory.
    const isTooLarge = (bytes: number) => bytes - freedBy([node]) > foldBytes
    if (isTooLarge(outputBytes(node))) continue
    const tensors = evaluate(found.context)
    if (tensors === undefined || isTooLarge(bytesOf(tensors))) continue
    if (!report.fire(node.label)) return
    replaceOutputs(patch, node, (_, i) => tensors[i])
    plan.delete(node)
  }
}

/** The rest of the plan in one run of the runtime. */
async function foldByRuntime(plan: Set<Node>, context: PassContext, patch: Patch, report: SweepReport): Promise<void> {
  for (const node of plan) if (!node.isLive || !node.outputs.every(hasReturnableType)) plan.delete(node)
  for (let size = -1; size !== plan.size; ) {
    size = plan.size
    for (const node of plan) if (!node.inputs.every((input) => isGiven(input, plan))) plan.delete(node)
  }
  const wanted = [...plan].filter((node) => isNeededOutside(node, plan))
  if (context.evaluate === undefined || wanted.length === 0) return
  const results = await context.evaluate([...plan])
  if ('failure' in results) {
    report.skip(skip('runtime-refused', wanted[0]!, results.failure as string))
    return
  }
  for (const node of wanted) {
    if (!replaceable(node) || !report.fire(node.label)) continue
    replaceOutputs(patch, node, (output) => results.get(output.name))
  }
}

const isGiven = (input: Value | undefined, plan: ReadonlySet<Node>): boolean =>
  input === undefined || constantOf(input) !== undefined || (input.producer !== undefined && plan.has(input.producer))

/** Whether evaluation can change nothing but the moment of computation. */
function isFoldable(node: Node): boolean {
  if (node.hasSubgraphs || node.hasReferences || node.is('Constant') || node.inputs.length === 0) return false
  const traits = contextOf(node)?.resolved.op.traits
  if (traits === undefined || node.domain !== '') return false
  const isBarred = traits.some(
    (trait) => trait === 'quantization' || trait === 'random' || trait === 'control-flow' || trait === 'container',
  )
  return !isBarred && !(node.is('Dropout') && node.inputs[2] !== undefined)
}

const hasReturnableType = (output: Value | undefined): boolean => {
  if (output === undefined) return true
  const dtype = dtypeOf(output.type)
  return dtype !== undefined && returnable.has(dtype) && dimsOf(output.type)?.every(isStatic) === true
}

/** A subgraph's own outputs must be computed there, and pinned values stay. */
function replaceable(node: Node): boolean {
  return node.outputs.every((output) => {
    if (output === undefined || !output.isUsed) return true
    return !output.isPinned && !(output.isGraphOutput && output.graph.parent !== undefined)
  })
}

const isNeededOutside = (node: Node, set: ReadonlySet<Node>): boolean =>
  node.outputs.some(
    (output) =>
      output !== undefined && (output.isGraphOutput || [...output.users.keys()].some((user) => !set.has(user))),
  )

function outputBytes(node: Node): number {
  return node.outputs.reduce((sum, output) => sum + (output === undefined ? 0 : bytesOfType(output)), 0)
}

function bytesOfType(value: Value): number {
  const dims = dimsOf(value.type)
  const dtype = dtypeOf(value.type)
  return dims?.every(isStatic) && dtype !== undefined ? byteSize(dtype, volume(dims as number[])) : 0
}

/** What folding a node adds, less the constants that go with it and with the nodes that serve it alone. */
function growthOf(node: Node, pending: ReadonlySet<Node>): number {
  const own = new Set<Node>([node])
  for (const member of own) {
    for (const input of member.inputs) {
      const before = input?.producer
      if (before === undefined || !pending.has(before) || isNeededOutside(before, own)) continue
      own.add(before)
    }
  }
  return outputBytes(node) - freedBy([...own])
}

const storedBytes = (nodes: ReadonlySet<Node>): number =>
  [...nodes].filter((node) => isNeededOutside(node, nodes)).reduce((sum, node) => sum + outputBytes(node), 0)

const bytesOf = (tensors: readonly Tensor[]): number => tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0)

/** Bytes of constants that nobody else needs once these nodes are gone. */
function freedBy(nodes: readonly Node[]): number {
  const gone = new Set(nodes)
  const counted = new Set<Value>()
  let sum = 0
  for (const node of nodes) {
    for (const input of node.inputs) {
      const tensor = input === undefined ? undefined : constantOf(input)
      if (input === undefined || tensor === undefined || counted.has(input) || input.isGraphOutput) continue
      counted.add(input)
      if ([...input.users.keys()].every((user) => gone.has(user))) sum += tensor.byteLength
    }
  }
  return sum
}

function replaceOutputs(
  patch: Patch,
  node: Node,
  tensorOf: (output: Value, index: number) => Tensor | undefined,
): void {
  node.outputs.forEach((output, i) => {
    if (output === undefined || !output.isUsed) return
    const tensor = tensorOf(output, i)
    if (tensor === undefined) return
    const value = patch.constant(node.graph, tensor, output.name)
    if (Patch.canReplace(output, value)) patch.replaceValue(output, value)
  })
  patch.removeIfDead(node)
}
