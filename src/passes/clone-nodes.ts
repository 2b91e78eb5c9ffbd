import { type Attribute, Graph, type Node, Value } from '../ir/graph.js'
import type { Patch } from '../ir/patch.js'

/** What attribute references of a function body stand for. */
export type Bindings = ReadonlyMap<string, Attribute>

/**
 * Copies the nodes of `source` to before `anchor`, deep: subgraphs and their initializers too. `map` says what values of the
 * source stand for (undefined: omitted) and is filled with the new ones. Attribute references take their value from
 * `bindings`; a reference to an attribute that the caller left out leaves the attribute out.
 */
export function cloneNodes(
  patch: Patch,
  source: Graph,
  anchor: Node,
  map: Map<Value, Value | undefined>,
  bindings?: Bindings,
): void {
  const cloner = new Cloner(patch, map, bindings)
  cloner.initializers(source, anchor.graph)
  for (const node of source.nodes()) cloner.node(node, (spec) => patch.insertBefore(anchor, spec))
}

class Cloner {
  readonly #patch: Patch
  readonly #map: Map<Value, Value | undefined>
  readonly #bindings: Bindings | undefined

  constructor(patch: Patch, map: Map<Value, Value | undefined>, bindings: Bindings | undefined) {
    this.#patch = patch
    this.#map = map
    this.#bindings = bindings
  }

  initializers(source: Graph, target: Graph): void {
    for (const value of source.initializers) {
      if (value.tensor !== undefined && !value.isInput)
        this.#map.set(value, this.#patch.constant(target, value.tensor, value.name))
    }
  }

  node(node: Node, create: (spec: Parameters<Patch['append']>[1]) => Node): void {
    const inputs = node.inputs.map((input) => (input === undefined ? undefined : this.#mapped(input)))
    const copy = create({
      opType: node.opType,
      domain: node.domain,
      inputs,
      outputs: node.outputs.length,
      attributes: this.#attributes(node),
      name: node.outputs.find((output) => output !== undefined)?.name ?? node.opType,
      from: [node],
      overload: node.overload,
    })
    node.outputs.forEach((output, i) => {
      if (output === undefined) this.#patch.dropOutputSlot(copy, i)
      else {
        const twin = copy.outputs[i]!
        twin.claim = output.claim
        this.#map.set(output, twin)
      }
    })
  }

  /** Values from outside the source stay what they are. */
  #mapped(value: Value): Value | undefined {
    return this.#map.has(value) ? this.#map.get(value) : value
  }

  #attributes(node: Node): Record<string, Attribute> {
    const attributes: [string, Attribute][] = []
    for (const [name, attribute] of node.attributes) {
      if (attribute.kind === 'reference') {
        const bound = this.#bindings === undefined ? attribute : this.#bindings.get(attribute.value)
        if (bound !== undefined) attributes.push([name, this.#bindings === undefined ? bound : withoutOrigin(bound)])
      } else if (attribute.kind === 'graph')
        attributes.push([name, { kind: 'graph', value: this.#graph(attribute.value) }])
      else if (attribute.kind === 'graphs')
        attributes.push([name, { kind: 'graphs', value: attribute.value.map((graph) => this.#graph(graph)) }])
      else attributes.push([name, attribute])
    }
    return Object.fromEntries(attributes)
  }

  #graph(source: Graph): Graph {
    const { model } = this.#patch
    const graph = new Graph(model, source.name)
    for (const input of source.inputs) {
      const copy = new Value(graph, model.freshName(input.name))
      copy.isInput = true
      copy.claim = input.claim
      copy.type = input.claim
      graph.inputs.push(copy)
      this.#map.set(input, copy)
    }
    this.initializers(source, graph)
    for (const node of source.nodes()) this.node(node, (spec) => this.#patch.append(graph, spec))
    for (const output of source.outputs) {
      const copy = this.#mapped(output)
      if (copy === undefined) throw new Error(`subgraph output "${output.name}" stands for nothing`)
      this.#patch.appendOutput(graph, copy)
    }
    return graph
  }
}

/** The caller's attribute under another name: the message it was read from no longer fits. */
const withoutOrigin = ({ kind, value }: Attribute): Attribute => ({ kind, value }) as Attribute
