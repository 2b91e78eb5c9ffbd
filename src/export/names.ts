import type { Graph, Model, Value } from '../ir/graph.js'

/** The name a value gets in the file. */
export type NameOf = (value: Value | undefined) => string

/**
 * Gives values their names in the file. Names are unique over a model here; in a file siblings may share them, so a
 * value gets back the name it had there, unless that is by now the name of another value in its sight.
 */
export function fileNames(model: Model): NameOf {
  if (model.fileNames.size === 0) return (value) => value?.name ?? ''
  const names = new Map<Value, string>()
  for (const root of model.roots()) assignNames(root, [], ownNames(root, new Map()), model, names)
  return (value) => (value === undefined ? '' : (names.get(value) ?? value.name))
}

/** The names that values of a graph, and of the graphs inside it, have here. */
type OwnNames = Map<Graph, Set<string>>

function ownNames(graph: Graph, into: OwnNames): OwnNames {
  const names = new Set<string>()
  into.set(graph, names)
  for (const value of graph.inputs) names.add(value.name)
  for (const value of graph.initializers) names.add(value.name)
  for (const node of graph.nodes()) {
    for (const output of node.outputs) if (output !== undefined) names.add(output.name)
    for (const inner of node.subgraphs()) {
      for (const name of ownNames(inner, into).get(inner)!) names.add(name)
    }
  }
  return into
}

function assignNames(
  graph: Graph,
  visible: readonly Set<string>[],
  own: OwnNames,
  model: Model,
  names: Map<Value, string>,
): void {
  const assigned = new Set<string>()
  const scopes = [...visible, assigned]
  const taken = own.get(graph)!
  const assign = (value: Value) => {
    if (names.has(value)) return
    const given = model.fileNames.get(value.name)
    const isFree = given !== undefined && !taken.has(given) && !scopes.some((scope) => scope.has(given))
    const name = isFree ? given : value.name
    names.set(value, name)
    assigned.add(name)
  }
  graph.inputs.forEach(assign)
  graph.initializers.forEach(assign)
  for (const node of graph.nodes()) {
    // A node's results are not visible to its own subgraphs: these may use the same names.
    for (const inner of node.subgraphs()) assignNames(inner, scopes, own, model, names)
    for (const output of node.outputs) if (output !== undefined) assign(output)
  }
}
