import { constantOf } from '../ir/constant.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { dimsOf } from '../ir/type.js'

/** A node as far as pictures of a graph need it. */
export interface OutlineNode {
  readonly name: string
  readonly op: string
  /** Nodes of the model as it was read whose work it does. */
  readonly origins: readonly string[]
  /** Indices of the nodes that it reads from. */
  readonly reads: readonly number[]
  /** Sizes of what it makes, `1 x 32 x 112 x 112`; empty: not known. */
  readonly output: string
  /** Sizes of its constants of more than one element. */
  readonly constants: readonly string[]
}

/** The main graph of a model, types inferred: what is kept of it while passes change it. */
export function outlineOf({ graph }: Model): OutlineNode[] {
  const makers = new Map<Value, number>()
  const outline: OutlineNode[] = []
  for (const node of graph.nodes()) {
    // A constant is no work: it is shown with who takes it.
    if (node.outputs.every((output) => output === undefined || constantOf(output) !== undefined)) continue
    for (const output of node.outputs) if (output !== undefined) makers.set(output, outline.length)
    outline.push({
      name: node.name || (node.outputs[0]?.name ?? ''),
      op: node.domain === '' ? node.opType : `${node.domain}.${node.opType}`,
      origins: node.provenance,
      reads: [...new Set(node.inputs.flatMap((input) => makers.get(input as Value) ?? []))],
      output: sizes(dimsOf(node.outputs[0]?.type)),
      constants: constantsOf(node),
    })
  }
  return outline
}

const constantsOf = ({ inputs }: Node): string[] =>
  inputs.flatMap((input) => {
    const tensor = constantOf(input)
    return tensor === undefined || tensor.size < 2 ? [] : [sizes(tensor.dims)]
  })

const sizes = (dims: readonly { toString(): string }[] | undefined): string => dims?.map(String).join(' x ') ?? ''
