import type { Graph, Node } from '../../ir/graph.js'
import { resolveOp } from '../../ir/ops/index.js'
import type { Patch } from '../../ir/patch.js'
import { definePass, type SweepReport } from '../define.js'

/** Nodes, optional outputs, initializers and functions that nothing needs. Operators nobody declared stay: who knows what they do. */
export const removeDeadCode = definePass({
  id: 'remove-dead-code',
  kind: 'exact',
  rule: 'what no graph output depends on is not computed and not stored',
  example: ['y = Relu(x); z = Exp(x)  # z is not used', 'y = Relu(x)'],
  sweep({ model }, patch, report) {
    for (const root of model.roots()) sweepGraph(root, patch, report)
    const called = new Set<string>()
    for (const node of model.allNodes()) {
      const body = model.functionOf(node)
      if (body !== undefined) called.add(body.key)
    }
    for (const [key, body] of model.functions) {
      if (!called.has(key) && report.fire(`function ${body.name}`)) model.functions.delete(key)
    }
  },
})

function sweepGraph(graph: Graph, patch: Patch, report: SweepReport): void {
  for (let node = graph.last; node !== undefined; ) {
    const previous: Node | undefined = node.prev
    const isKept = resolveOp(node) === undefined && graph.model.functionOf(node) === undefined
    if (!isKept && !node.outputs.some((output) => output?.isUsed)) {
      if (report.fire(node.label)) patch.removeNode(node)
    } else {
      for (const subgraph of node.subgraphs()) sweepGraph(subgraph, patch, report)
      dropOptionalOutputs(node, patch, report)
    }
    node = previous
  }
  for (const initializer of [...graph.initializers]) {
    if (!initializer.isUsed && !initializer.isInput && report.fire(`initializer ${initializer.name}`))
      patch.removeInitializer(initializer)
  }
}

/** Outputs that an operator computes only on demand: the mask of a Dropout, the indices of a MaxPool, the states of an LSTM. */
function dropOptionalOutputs(node: Node, patch: Patch, report: SweepReport): void {
  const outputs = resolveOp(node)?.signature?.outputs
  // In training mode the statistics are part of the operator: a runtime refuses the node without them.
  if (outputs === undefined || node.int('training_mode', 0) !== 0) return
  for (let i = node.outputs.length - 1; i > 0; i--) {
    const output = node.outputs[i]
    if (output === undefined || output.isUsed || outputs[i]?.option !== 'optional') continue
    if (report.fire(`${node.label} output ${i}`)) patch.dropOutput(node, i)
  }
}
