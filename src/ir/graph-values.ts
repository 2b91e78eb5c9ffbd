import type { Graph, Value } from './graph.js'

/** Inputs of a graph, then what its nodes compute, in order; not what is in subgraphs, and no initializers. */
export function* valuesOf(graph: Graph): Generator<Value> {
  yield* graph.inputs
  for (const node of graph.nodes()) for (const output of node.outputs) if (output !== undefined) yield output
}
