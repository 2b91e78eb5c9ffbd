import type { Model, Node } from '../../ir/graph.js'

/** Names of values as a model has them now, for the name of a value or node it had before passes ran. */
export type FormerNames = (name: string) => readonly string[]

/**
 * Takes down which node computes what, before passes run: a recipe may name a value that a pass then folds into its
 * neighbour, and the node that does its work knows where it is from.
 */
export function rememberNames(model: Model): FormerNames {
  const origins = new Map<string, string>()
  for (const node of model.allNodes()) {
    const [origin] = node.provenance
    if (origin === undefined) continue
    if (node.name !== '') origins.set(node.name, origin)
    for (const output of node.outputs) if (output !== undefined) origins.set(output.name, origin)
  }
  return (name) => {
    const origin = origins.get(name)
    if (origin === undefined) return []
    return [...model.allNodes()].filter((node) => node.provenance.includes(origin)).flatMap(outputNames)
  }
}

const outputNames = ({ outputs }: Node): string[] =>
  outputs.flatMap((output) => (output === undefined ? [] : [output.name]))
