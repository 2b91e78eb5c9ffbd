import type { Graph, Model, Value } from '../ir/graph.js'

/** The name a value gets in the file. */
export type NameOf = (value: Value | undefined) => string

/**
 * Gives values their names in the file. Names are unique over a model here; in a file siblings may share them, so a
 * value gets back the name it had there, unless that is by now the name of another value it can see.
 */
export function fileNames(model: Model): NameOf {
  if (model.fileNames.size === 0) return (value) => value?.name ?? ''
  const names = new Map<Value, string>()
  for (const root of model.roots()) assignNames(root, [], model, names)
  return (value) => (value === undefined ? '' : (names.get(value) ?? value.name))
}

function assignNames(graph: Graph, visible: readonly Set<string>[], model: Model, names: Map<Value, string>): void {
  const own = new Set<string>()
  const scopes = [...visible, own]
  const assign = (value: Value) => {
    if (names.has(value)) return
    const given = model.fileNames.get(value.name) ?? value.name
    const name = scopes.some((scope) => scope.has(given)) ? value.name : given
    names.set(value, name)
    own.add(name)
  }
  graph.inputs.forEach(assign)
  graph.initializers.forEach(assign)
  for (const node of graph.nodes()) {
    // A node's results are not visible to its own subgraphs: these may use the same names.
    for (const inner of node.subgraphs()) assignNames(inner, scopes, model, names)
    for (const output of node.outputs) if (output !== undefined) assign(output)
  }
}
