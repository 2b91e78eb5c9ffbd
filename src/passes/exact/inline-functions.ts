import type { Attribute, FunctionBody, Graph, Model, Node, Value } from '../../ir/graph.js'
import { resolveAt } from '../../ir/ops/index.js'
import { cloneNodes } from '../clone-nodes.js'
import { definePass, skip } from '../define.js'
import { giveWay } from './inline-constant-if.js'

/** A model that grows beyond this many nodes by inlining keeps its calls. */
const nodeLimit = 100_000

/** A call of a function of the model is its body, with the caller's attributes and inputs in their places. */
export const inlineFunctions = definePass({
  id: 'inline-functions',
  kind: 'exact',
  rule: 'f(x) = body of f with x',
  example: ['y = my.Twice(x)  # Twice(a) = Add(a, a)', 'y = Add(x, x)'],
  match(node, { model }) {
    const body = model.functionOf(node)
    // Where an operator of that name exists, the runtime takes the operator.
    if (body === undefined || resolveAt(node.domain, node.opType, node.graph.opsets.get(node.domain) ?? 0)) return null
    if (node.graph.root.ownerFunction !== undefined || node.hasReferences) return null
    if (model.graph.nodeCount + body.graph.nodeCount > nodeLimit) return skip('too-large', node, 'none')
    if (!opsetsAgree(body, model)) return skip('opset-mismatch', node, 'export function and model for the same opset')
    return (patch) => {
      for (const [domain, version] of body.opsets) {
        if (!model.opsets.has(domain) && usesDomain(body.graph, domain)) model.opsets.set(domain, version)
      }
      const map = new Map<Value, Value | undefined>()
      body.graph.inputs.forEach((input, i) => {
        map.set(input, node.inputs[i])
      })
      cloneNodes(patch, body.graph, node, map, bindingsOf(body, node))
      node.outputs.forEach((output, i) => {
        const value = body.graph.outputs[i] === undefined ? undefined : map.get(body.graph.outputs[i])
        if (output?.isUsed && value !== undefined) giveWay(patch, node, output, value)
      })
      patch.removeIfDead(node)
    }
  },
})

/** The caller's attributes, else the function's defaults. */
function bindingsOf(body: FunctionBody, node: Node): Map<string, Attribute> {
  const bindings = new Map<string, Attribute>()
  for (const [name, absent] of body.attributes) {
    const given = node.attributes.get(name) ?? absent
    if (given !== undefined) bindings.set(name, given)
  }
  return bindings
}

/** Every operator of the body must mean the same under the model's imports. */
function opsetsAgree(body: FunctionBody, model: Model): boolean {
  for (const node of body.graph.allNodes()) {
    const inside = body.opsets.get(node.domain)
    const outside = model.opsets.get(node.domain)
    if (inside === undefined || outside === undefined || inside === outside) continue
    const [a, b] = [resolveAt(node.domain, node.opType, inside), resolveAt(node.domain, node.opType, outside)]
    if (a?.since !== b?.since || (a === undefined && model.functionOf(node) === undefined)) return false
  }
  return true
}

function usesDomain(graph: Graph, domain: string): boolean {
  for (const node of graph.allNodes()) if (node.domain === domain) return true
  return false
}
