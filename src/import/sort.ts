import { quoted, UserError } from '../ir/errors.js'
import type { GraphProto, NodeProto } from '../onnx/messages.js'

/** Names that a subgraph takes from the graphs around it. */
export type FreeNames = WeakMap<GraphProto, ReadonlySet<string>>

export function* subgraphsOf(node: NodeProto): Generator<GraphProto> {
  for (const attribute of node.attribute ?? []) {
    if (attribute.g != null) yield attribute.g
    if (attribute.graphs?.length) yield* attribute.graphs
  }
}

export function freeNames(graph: GraphProto, cache: FreeNames): ReadonlySet<string> {
  const known = cache.get(graph)
  if (known !== undefined) return known
  const bound = new Set<string>()
  for (const input of graph.input ?? []) bound.add(input.name ?? '')
  for (const tensor of graph.initializer ?? []) bound.add(tensor.name ?? '')
  for (const tensor of graph.sparse_initializer ?? []) bound.add(tensor.values?.name ?? '')
  for (const node of graph.node ?? []) for (const output of node.output ?? []) bound.add(output)
  const free = new Set<string>()
  for (const node of graph.node ?? []) {
    for (const input of node.input ?? []) if (!bound.has(input)) free.add(input)
    for (const inner of subgraphsOf(node)) {
      for (const name of freeNames(inner, cache)) if (!bound.has(name)) free.add(name)
    }
  }
  cache.set(graph, free)
  return free
}

/**
 * Indices of nodes in an order where everything is computed before it is used, by subgraphs too. The order of the file
 * where that does; else the nearest to it. The standard asks for order, yet real files lack it.
 */
export function topologicalOrder(
  nodes: readonly NodeProto[],
  producers: ReadonlyMap<string, number>,
  cache: FreeNames,
  place: (index: number) => string,
): number[] {
  const sources = nodes.map((node) => sourcesOf(node, producers, cache))
  const order: number[] = []
  if (sources.every((indices, i) => indices.every((source) => source < i))) {
    for (let i = 0; i < nodes.length; i++) order.push(i)
    return order
  }
  const state = new Uint8Array(nodes.length)
  const [open, done] = [1, 2]
  for (let root = 0; root < nodes.length; root++) {
    // Depth first, with a stack of our own: chains can be as long as the file.
    const stack = [{ index: root, next: 0 }]
    while (stack.length > 0) {
      const top = stack.at(-1)!
      if (state[top.index] === done) {
        stack.pop()
        continue
      }
      state[top.index] = open
      const source = sources[top.index]![top.next++]
      if (source === undefined) {
        state[top.index] = done
        order.push(top.index)
        stack.pop()
      } else if (state[source] === open) {
        const through = quoted(nodes[source]!.output?.[0] ?? '')
        const what = `depends on its own result, through ${through}`
        throw new UserError('invalid-graph', place(source), what, 'break the cycle')
      } else if (state[source] !== done) stack.push({ index: source, next: 0 })
    }
  }
  return order
}

function sourcesOf(node: NodeProto, producers: ReadonlyMap<string, number>, cache: FreeNames): number[] {
  const sources: number[] = []
  const add = (name: string) => {
    const source = producers.get(name)
    if (source !== undefined) sources.push(source)
  }
  for (const input of node.input ?? []) add(input)
  for (const graph of subgraphsOf(node)) for (const name of freeNames(graph, cache)) add(name)
  return sources
}
