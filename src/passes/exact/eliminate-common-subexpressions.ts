import { createHash } from 'node:crypto'
import type { Attribute, Graph, Node } from '../../ir/graph.js'
import { resolveOp } from '../../ir/ops/index.js'
import { Patch } from '../../ir/patch.js'
import { definePass, type SweepReport } from '../define.js'
import { sameAttributes } from './same-attributes.js'

/** The same operator on the same values gives the same result; the second node goes. Nodes in subgraphs may use outer results. */
export const eliminateCommonSubexpressions = definePass({
  id: 'eliminate-common-subexpressions',
  kind: 'exact',
  rule: 'a = f(x), b = f(x): b is a',
  example: ['a = Exp(x); b = Exp(x); y = Add(a, b)', 'a = Exp(x); y = Add(a, a)'],
  sweep({ model }, patch, report) {
    for (const root of model.roots()) sweepGraph(root, [], patch, report)
  },
})

type Seen = Map<string, Node[]>

function sweepGraph(graph: Graph, outer: readonly Seen[], patch: Patch, report: SweepReport): void {
  const seen: Seen = new Map()
  const scopes = [...outer, seen]
  for (const node of graph.nodes()) {
    for (const inner of node.subgraphs()) sweepGraph(inner, scopes, patch, report)
    const key = keyOf(node)
    if (key === undefined) continue
    const twin = scopes.flatMap((scope) => scope.get(key) ?? []).find((other) => canServe(other, node))
    if (twin === undefined) {
      seen.set(key, [...(seen.get(key) ?? []), node])
      continue
    }
    if (!report.fire(node.label)) return
    node.outputs.forEach((output, i) => {
      if (output?.isUsed) patch.replaceValue(output, twin.outputs[i]!)
    })
    patch.absorb(twin, node)
    patch.removeIfDead(node)
  }
}

/** Operator, inputs and attributes; undefined for what must not be merged. */
function keyOf(node: Node): string | undefined {
  const resolved = resolveOp(node)
  if (resolved === undefined || node.hasSubgraphs || node.hasReferences || node.inputs.length === 0) return undefined
  const { traits } = resolved.op
  if (traits.includes('random') || (node.is('Dropout') && node.inputs[2] !== undefined)) return undefined
  const inputs = node.inputs.map((input) => (input === undefined ? '-' : idOf(input)))
  if (traits.includes('commutative')) inputs.sort()
  const attributes = [...node.attributes].map(([name, attribute]) => `${name}=${attributeKey(attribute)}`).sort()
  return `${node.domain} ${node.opType} ${inputs.join(' ')} ${attributes.join(' ')}`
}

const ids = new WeakMap<object, string>()
let nextId = 0
function idOf(value: object): string {
  let id = ids.get(value)
  if (id === undefined) ids.set(value, (id = String(nextId++)))
  return id
}

function attributeKey(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'float':
    case 'int':
    case 'reference':
      return `${attribute.kind} ${attribute.value}`
    case 'ints':
    case 'floats':
      return `${attribute.kind} ${attribute.value.join()}`
    case 'string':
      return `string ${Buffer.from(attribute.value).toString('base64')}`
    case 'tensor': {
      const { dtype, dims } = attribute.value
      if (dtype === 'string') return idOf(attribute.value)
      return `tensor ${dtype} ${dims} ${createHash('sha1').update(attribute.value.bytes()).digest('base64')}`
    }
    default:
      return idOf(attribute.value as object)
  }
}

/** Whether the earlier node has every output that the later one's consumers need, and can hand them over. */
function canServe(earlier: Node, later: Node): boolean {
  if (!earlier.isLive || !earlier.graph.encloses(later.graph) || !sameAttributes(earlier, later)) return false
  return later.outputs.every((output, i) => {
    if (output === undefined || !output.isUsed) return true
    const twin = earlier.outputs[i]
    return twin !== undefined && Patch.canReplace(output, twin)
  })
}
