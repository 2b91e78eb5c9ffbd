import { type Attribute, FunctionBody, Graph, Model, Node, Value } from '../ir/graph.js'

/**
 * A model that may be edited without the given one noticing: graphs, subgraphs, functions, names, types and claims are
 * copied, tensors and the messages all was read from are shared. It exports to what the given one exports to, and passes
 * that change both alike give both the same new names.
 */
export function cloneModel(model: Model): Model {
  const copy = new Model(model.irVersion, new Map(model.opsets), model.file, model.origin)
  copy.usesExternalData = model.usesExternalData
  copy.warnings.push(...model.warnings)
  for (const [name, inFile] of model.fileNames) copy.fileNames.set(name, inFile)
  copy.claimNamesOf(model)
  copy.graph = new GraphCloner(copy).root(model.graph)
  for (const [key, body] of model.functions) copy.functions.set(key, cloneFunction(copy, body))
  return copy
}

function cloneFunction(model: Model, body: FunctionBody): FunctionBody {
  const { domain, name, overload, attributes, opsets, origin } = body
  // Defaults of attributes are plain values: nothing edits them.
  const graph = new GraphCloner(model).root(body.graph)
  return new FunctionBody(domain, name, overload, graph, new Map(attributes), new Map(opsets), origin)
}

/** Copies one root graph; inner graphs see the copies of the values around them. */
class GraphCloner {
  readonly #model: Model
  readonly #values = new Map<Value, Value>()
  readonly #nodes = new Map<Node, Node>()

  constructor(model: Model) {
    this.#model = model
  }

  root(source: Graph): Graph {
    const graph = this.#graph(source)
    // Users in the same order as before, so that whoever walks them walks alike.
    for (const [value, copy] of this.#values) {
      for (const [user, slots] of value.users) copy.users.set(this.#nodes.get(user)!, slots)
    }
    return graph
  }

  #graph(source: Graph): Graph {
    const graph = new Graph(this.#model, source.name, source.origin)
    for (const input of source.inputs) graph.inputs.push(this.#define(input, graph))
    for (const initializer of source.initializers) {
      graph.initializers.add(this.#values.get(initializer) ?? this.#define(initializer, graph))
    }
    for (const node of source.nodes()) this.#node(node, graph)
    for (const output of source.outputs) graph.outputs.push(this.#values.get(output)!)
    return graph
  }

  #define(source: Value, graph: Graph): Value {
    const copy = new Value(graph, source.name)
    copy.isInput = source.isInput
    copy.tensor = source.tensor
    copy.type = source.type
    copy.content = source.content
    copy.claim = source.claim
    copy.outputSlots = source.outputSlots
    copy.isPinned = source.isPinned
    copy.fileName = source.fileName
    this.#values.set(source, copy)
    return copy
  }

  #node(source: Node, graph: Graph): void {
    const node = new Node(graph, source.domain, source.opType, source.name, source.overload, source.origin)
    this.#nodes.set(source, node)
    node.provenance = source.provenance
    node.order = source.order
    for (const input of source.inputs) node.inputs.push(input === undefined ? undefined : this.#values.get(input)!)
    for (const [name, attribute] of source.attributes) node.attributes.set(name, this.#attribute(attribute, node))
    for (const output of source.outputs) {
      const copy = output === undefined ? undefined : this.#define(output, graph)
      if (copy !== undefined) {
        copy.producer = node
        copy.outputIndex = node.outputs.length
      }
      node.outputs.push(copy)
    }
    node.prev = graph.last
    if (graph.last === undefined) graph.first = node
    else graph.last.next = node
    graph.last = node
    graph.nodeCount += 1
    node.isLive = true
  }

  /** Attributes are immutable but for the graphs in them. */
  #attribute(attribute: Attribute, owner: Node): Attribute {
    const inner = (graph: Graph): Graph => {
      const copy = this.#graph(graph)
      copy.owner = owner
      return copy
    }
    if (attribute.kind === 'graph') return { ...attribute, value: inner(attribute.value) }
    if (attribute.kind === 'graphs') return { ...attribute, value: attribute.value.map(inner) }
    return attribute
  }
}
