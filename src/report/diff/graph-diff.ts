import { constantOf } from '../../ir/constant.js'
import { isFloat } from '../../ir/dtype.js'
import type { Model, Node } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { attributeText, tensorText } from '../../ir/text.js'
import { sameAttribute, sameTensor } from '../../passes/exact/same-attributes.js'
import { matchNodes, weightMark, workOf } from './match-nodes.js'

/** What became of the nodes of one model in another. Constant nodes are content of those that take them. */
export interface GraphDiff {
  readonly relation: Relation
  /** Nodes that are the same: operator, attributes, weights, and no operand from another node that is there on both sides. */
  readonly same: number
  readonly changed: readonly ChangedNode[]
  /** Labels of nodes without a counterpart. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
  /** Nodes with a counterpart over all nodes of both. */
  readonly similarity: number
}

/**
 * `identical`: nothing differs. `related`: one came from the other. `retrained`: the same layers, and no weights in common.
 * `unrelated`: most nodes have no counterpart.
 */
export type Relation = 'identical' | 'related' | 'retrained' | 'unrelated'

export interface ChangedNode {
  readonly before: string
  readonly after: string
  readonly attributes: readonly ChangedAttribute[]
  readonly weights: readonly ChangedWeight[]
  /** An operand comes from elsewhere. */
  readonly rewired: boolean
}

export interface ChangedAttribute {
  readonly name: string
  /** null: it is not there. */
  readonly before: string | null
  readonly after: string | null
}

/** A constant operand. */
export interface ChangedWeight {
  readonly operand: number
  /** Type and dims; null: there is none, or it is no constant. */
  readonly before: string | null
  readonly after: string | null
  /** Euclidean norms; null where there are none. */
  readonly normBefore: number | null
  readonly normAfter: number | null
  /** Norm of the difference over the norm before; null for other dims. */
  readonly distance: number | null
}

export interface ComparedGraphs {
  readonly diff: GraphDiff
  /** Names of nodes of the first model by those of the second. */
  readonly counterparts: ReadonlyMap<string, string>
}

/** Fewer nodes with a counterpart than this: they are not one network. */
export const relatedShare = 0.3

/** Weights drawn independently are sqrt(2) apart; training and rounding leave less than this. */
const strangerDistance = 1

export function compareGraphs(before: Model, after: Model): ComparedGraphs {
  const pairs = matchNodes(before, after)
  const [old, young] = [workOf(before), workOf(after)]
  const twins = new Set(pairs.values())
  const changed: ChangedNode[] = []
  let same = 0
  for (const [node, twin] of pairs) {
    const change = changeOf(node, twin, pairs, twins)
    if (change === undefined) same += 1
    else changed.push(change)
  }
  const removed = old.filter((node) => !pairs.has(node)).map(({ label }) => label)
  const added = young.filter((node) => !twins.has(node)).map(({ label }) => label)
  const total = old.length + young.length
  const similarity = total === 0 ? 1 : (2 * pairs.size) / total
  const counterparts = new Map(
    [...pairs].flatMap(([node, twin]) => twin.provenance.map((name) => [name, node.provenance[0]!])),
  )
  const isSame = changed.length + removed.length + added.length === 0
  const relation = isSame
    ? 'identical'
    : similarity < relatedShare
      ? 'unrelated'
      : haveStrangeWeights(pairs, changed)
        ? 'retrained'
        : 'related'
  return { diff: { relation, same, changed, removed, added, similarity }, counterparts }
}

/** Whether no layer kept its weights, and those that could be compared have nothing in common, the middle one included. */
function haveStrangeWeights(pairs: ReadonlyMap<Node, Node>, changed: readonly ChangedNode[]): boolean {
  const distances = changed.flatMap(({ weights }) => weights.flatMap(({ distance }) => distance ?? []))
  const middle = distances.sort((a, b) => a - b)[distances.length >> 1] ?? 0
  return (
    middle > strangerDistance &&
    ![...pairs].some(([node, twin]) => weightMark(node) !== undefined && weightMark(node) === weightMark(twin))
  )
}

function changeOf(
  node: Node,
  twin: Node,
  pairs: ReadonlyMap<Node, Node>,
  twins: ReadonlySet<Node>,
): ChangedNode | undefined {
  const attributes = changedAttributes(node, twin)
  const weights = changedWeights(node, twin)
  const rewired = isRewired(node, twin, pairs, twins)
  const isSame = node.opType === twin.opType && node.domain === twin.domain && !rewired
  if (isSame && attributes.length === 0 && weights.length === 0) return undefined
  return { before: node.label, after: twin.label, attributes, weights, rewired }
}

/** Whether an operand comes from another node, though both nodes are there on both sides. Next to a node that went, all is new. */
function isRewired(node: Node, twin: Node, pairs: ReadonlyMap<Node, Node>, twins: ReadonlySet<Node>): boolean {
  return node.inputs.some((input, i) => {
    const [producer, other] = [input?.producer, twin.inputs[i]?.producer]
    const isThere = producer !== undefined && other !== undefined && pairs.has(producer) && twins.has(other)
    return isThere && pairs.get(producer) !== other
  })
}

/** Subgraphs are compared node by node. */
function changedAttributes(node: Node, twin: Node): ChangedAttribute[] {
  const names = new Set([...node.attributes.keys(), ...twin.attributes.keys()])
  return [...names].flatMap((name) => {
    const [a, b] = [node.attributes.get(name), twin.attributes.get(name)]
    const isGraph = [a?.kind, b?.kind].some((kind) => kind === 'graph' || kind === 'graphs')
    if (isGraph || (a !== undefined && b !== undefined && sameAttribute(a, b))) return []
    const text = (attribute: typeof a) => (attribute === undefined ? null : attributeText(attribute, ''))
    return [{ name, before: text(a), after: text(b) }]
  })
}

function changedWeights(node: Node, twin: Node): ChangedWeight[] {
  return Array.from({ length: Math.max(node.inputs.length, twin.inputs.length) }, (_, i) => i).flatMap((operand) => {
    const [a, b] = [constantOf(node.inputs[operand]), constantOf(twin.inputs[operand])]
    if ((a === undefined && b === undefined) || (a !== undefined && b !== undefined && sameTensor(a, b))) return []
    return [
      {
        operand,
        before: a === undefined ? null : tensorText(a),
        after: b === undefined ? null : tensorText(b),
        normBefore: normOf(a),
        normAfter: normOf(b),
        distance: distanceOf(a, b),
      },
    ]
  })
}

const hasNorm = (tensor: Tensor | undefined): tensor is Tensor =>
  tensor !== undefined && tensor.dtype !== 'string' && !tensor.dtype.startsWith('complex')

function normOf(tensor: Tensor | undefined): number | null {
  return hasNorm(tensor) ? normOfDifference(tensor.numbers()) : null
}

/** null unless both are numbers of one kind in the same dims. */
function distanceOf(a: Tensor | undefined, b: Tensor | undefined): number | null {
  if (!hasNorm(a) || !hasNorm(b) || String(a.dims) !== String(b.dims)) return null
  if (isFloat(a.dtype) !== isFloat(b.dtype)) return null
  const norm = normOfDifference(a.numbers())
  const apart = normOfDifference(a.numbers(), b.numbers())
  return norm === 0 ? (apart === 0 ? 0 : null) : apart / norm
}

function normOfDifference(a: ArrayLike<number>, b?: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - (b?.[i] ?? 0)) ** 2
  return Math.sqrt(sum)
}
