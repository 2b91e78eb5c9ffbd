import type { Model, Node, Value } from '../ir/graph.js'

/**
 * Which nodes of `model` each node of the runtime's graph does the work of, as their provenance says. The runtime keeps the
 * names of most values that cross its kernels, or names its nodes by them: a kernel is what lies between its outputs and those
 * of others. Empty where no name is left.
 */
export function originsOfObserved(model: Model, observed: readonly Node[]): (node: Node) => string[] {
  const values = new Map<string, Value>()
  const nodes = new Map<string, Node>()
  for (const node of model.allNodes()) {
    nodes.set(node.name, node)
    for (const output of node.outputs) if (output !== undefined) values.set(output.name, output)
  }
  const crossing = new Set(observed.flatMap(outputNames))
  return (node) => {
    const outputs = outputNames(node).flatMap((name) => values.get(name) ?? [])
    const inside = between(outputs, crossing)
    const named = inside.length > 0 ? inside : [nodes.get(node.name.replace(/\/\w+Fusion\/?$/, ''))]
    return [...new Set(named.flatMap((origin) => origin?.provenance ?? []))]
  }
}

/** Producers of `outputs` and what is before them, up to values that cross from one kernel to another. */
function between(outputs: readonly Value[], crossing: ReadonlySet<string>): Node[] {
  const pending = [...outputs]
  const inside = new Set<Node>()
  while (pending.length > 0) {
    const value = pending.pop()!
    const { producer, name } = value
    const isOutside = crossing.has(name) && !outputs.includes(value)
    if (producer === undefined || inside.has(producer) || isOutside) continue
    inside.add(producer)
    for (const operand of producer.inputs) if (operand !== undefined) pending.push(operand)
  }
  return [...inside]
}

const outputNames = (node: Node): string[] =>
  node.outputs.flatMap((output) => (output === undefined ? [] : namesOf(output)))

/** What a value of the runtime's graph was called: in blocked layouts only the node before it remembers. */
function namesOf({ producer, name }: Value): string[] {
  return producer === undefined ? [name] : [name, producer.name.replace(/_nchwc$/, '')]
}
