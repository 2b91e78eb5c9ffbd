import type { Graph, Node, Value } from '../../ir/graph.js'

/**
 * Tasks that must be done before each task of `graph`. A task needs whoever made what its nodes read, also through
 * nodes that are no task: views, and shape arithmetic of the host.
 */
export function dependencies(
  graph: Graph,
  tasks: number,
  taskOf: (node: Node) => number | undefined,
  nodesOf: readonly (readonly Node[])[],
): number[][] {
  const behind = new Map<Node, ReadonlySet<number>>()

  /** Tasks that make `value`, or what a node that is no task makes it from. */
  const makers = (value: Value): ReadonlySet<number> => {
    const node = value.graph === graph ? value.producer : undefined
    if (node === undefined) return nobody
    const task = taskOf(node)
    if (task !== undefined) return new Set([task])
    let found = behind.get(node)
    if (found === undefined) {
      // Long rows of such nodes are rare: depth is no danger.
      found = new Set(valuesReadBy(node).flatMap((input) => [...makers(input)]))
      behind.set(node, found)
    }
    return found
  }

  return Array.from({ length: tasks }, (_, task) => {
    const found = new Set(nodesOf[task]!.flatMap(valuesReadBy).flatMap((value) => [...makers(value)]))
    found.delete(task)
    return [...found].sort((a, b) => a - b)
  })
}

const nobody: ReadonlySet<number> = new Set()

/** Inputs of a node, and all that its subgraphs read or give back. */
function valuesReadBy(node: Node): Value[] {
  const values = node.inputs.filter((input) => input !== undefined)
  for (const graph of node.subgraphs()) {
    values.push(...graph.outputs)
    for (const inner of graph.nodes()) values.push(...valuesReadBy(inner))
  }
  return values
}
