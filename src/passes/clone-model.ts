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

/** What of a model's main graph is copied: nodes in order, all that lies between the inputs and the outputs. */
export interface Slice {
  /** Values with a known type; they become the inputs of the copy. */
  readonly inputs: readonly Value[]
  readonly nodes: readonly Node[]
  /** What the nodes compute, or initializers. */
  readonly outputs: readonly Value[]
}

/** A model of its own that computes some values from others, with what constants it needs; all names are as they were. */
export function cloneSlice(model: Model, slice: Slice): Model {
  const copy = new Model(model.irVersion, new Map(model.opsets), model.file)
  copy.usesExternalData = model.usesExternalData
  copy.claimNamesOf(model)
  copy.graph = new GraphCloner(copy).slice(model.graph, slice)
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
    this.#copyUsers()
    return graph
  }

  slice(source: Graph, { inputs, nodes, outputs }: Slice): Graph {
    const graph = new Graph(this.#model, source.name)
    for (const input of inputs) {
      const copy = this.#define(input, graph)
      copy.isInput = true
      copy.tensor = undefined
      copy.claim = input.type
      copy.outputSlots = 0
      graph.inputs.push(copy)
    }
    const wanted = new Set(nodes)
    for (const initializer of source.initializers) {
      const isUsed =
        outputs.includes(initializer) || [...initializer.users.keys()].some((user) => wanted.has(rootNode(user)))
      if (!isUsed || this.#values.has(initializer)) continue
      const copy = this.#define(initializer, graph)
      copy.isInput = false
      copy.outputSlots = 0
      graph.initializers.add(copy)
    }
    for (const node of nodes) {
      this.#node(node, graph)
      for (const output of node.outputs) if (output !== undefined) this.#values.get(output)!.outputSlots = 0
    }
    for (const output of outputs) {
      const copy = this.#values.get(output)!
      copy.claim ??= copy.type
      copy.outputSlots += 1
      graph.outputs.push(copy)
    }
    this.#copyUsers()
    return graph
  }

  /** In the same order as before, so that whoever walks them walks alike. */
  #copyUsers(): void {
    for (const [value, copy] of this.#values) {
      for (const [user, slots] of value.users) {
        const node = this.#nodes.get(user)
        if (node !== undefined) copy.users.set(node, slots)
      }
    }
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

/** The node of the main graph that a node of a subgraph is in; others are that themselves. */
export function rootNode(node: Node): Node {
  let outer = node
  while (outer.graph.owner !== undefined) outer = outer.graph.owner
  return outer
}
