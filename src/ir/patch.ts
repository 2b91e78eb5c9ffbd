import { type Attribute, type Graph, type Model, Node, Value } from './graph.js'
import { inferNode } from './infer.js'
import { resolveAt } from './ops/index.js'
import type { Tensor } from './tensor.js'
import { tensorType, type ValueType } from './type.js'

/** What a new node is made of. */
export interface NodeSpec {
  readonly opType: string
  readonly domain?: string
  readonly inputs: readonly (Value | undefined)[]
  readonly overload?: string
  /** Number of outputs; default 1. */
  readonly outputs?: number
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** Base of the node's and its outputs' names; default: the first output name of the first node in `from`. */
  readonly name?: string
  /** Nodes whose work it does: its provenance. */
  readonly from: readonly Node[]
}

/** Attribute values in short. */
export const attr = {
  int: (value: number | bigint): Attribute => ({ kind: 'int', value: BigInt(value) }),
  ints: (values: readonly (number | bigint)[]): Attribute => ({ kind: 'ints', value: values.map(BigInt) }),
  float: (value: number): Attribute => ({ kind: 'float', value }),
  floats: (values: readonly number[]): Attribute => ({ kind: 'floats', value: values }),
  text: (value: string): Attribute => ({ kind: 'string', value: Buffer.from(value) }),
  tensor: (value: Tensor): Attribute => ({ kind: 'tensor', value }),
  graph: (value: Graph): Attribute => ({ kind: 'graph', value }),
}

/**
 * The only editor of graphs. Keeps users, producers, order and names consistent, never changes the model's interface
 * unless a method says so, and notes every node whose surroundings changed in `touched`.
 */
export class Patch {
  readonly model: Model
  /** Nodes whose inputs, attributes or consumers changed, and new nodes. The driver empties it. */
  readonly touched = new Set<Node>()
  #orphans = new Set<Value>()

  constructor(model: Model) {
    this.model = model
  }

  /** Whether nodes of `graph` can use the operator with the meaning it has from version `since` on. */
  canUse(graph: Graph, opType: string, since: number, domain = ''): boolean {
    const version = graph.opsets.get(domain)
    if (version === undefined || version < since) return false
    return resolveAt(domain, opType, version)?.signature !== undefined
  }

  /** A constant visible in `graph`: an initializer, or a Constant node at the top of a function body, which has none. */
  constant(graph: Graph, tensor: Tensor, name: string): Value {
    if (graph.ownerFunction !== undefined) {
      const spec: NodeSpec = {
        opType: 'Constant',
        inputs: [],
        attributes: { value: attr.tensor(tensor) },
        name,
        from: [],
      }
      return this.#create(graph, graph.first, spec).outputs[0]!
    }
    const value = new Value(graph, this.model.freshName(name))
    value.tensor = tensor
    value.type = tensorType(tensor.dtype, tensor.dims)
    graph.initializers.add(value)
    this.#orphans.add(value)
    return value
  }

  /** Inserts a node before `anchor`, in its graph, and infers its output types. */
  insertBefore(anchor: Node, spec: NodeSpec): Node {
    return this.#create(anchor.graph, anchor, spec)
  }

  insertAfter(anchor: Node, spec: NodeSpec): Node {
    return this.#create(anchor.graph, anchor.next, spec)
  }

  append(graph: Graph, spec: NodeSpec): Node {
    return this.#create(graph, undefined, spec)
  }

  setInput(node: Node, index: number, value: Value | undefined): void {
    const old = node.inputs[index]
    if (old === value && index < node.inputs.length) return
    while (node.inputs.length < index) node.inputs.push(undefined)
    node.inputs[index] = value
    if (old !== undefined) this.#dropUse(old, node)
    if (value !== undefined) this.#addUse(value, node)
    // Omitted inputs at the end leave no trace.
    while (node.inputs.length > 0 && node.inputs.at(-1) === undefined) node.inputs.pop()
    this.#touch(node)
  }

  /** Cuts the input list down to `count` inputs. */
  truncateInputs(node: Node, count: number): void {
    for (let i = node.inputs.length - 1; i >= count; i--) this.setInput(node, i, undefined)
  }

  /** Removes one input slot; the ones behind move up. Only for variadic operators. */
  removeInput(node: Node, index: number): void {
    const [old] = node.inputs.splice(index, 1)
    if (old !== undefined) this.#dropUse(old, node)
    this.#touch(node)
  }

  setAttribute(node: Node, name: string, attribute: Attribute | undefined): void {
    if (attribute === undefined) node.attributes.delete(name)
    else node.attributes.set(name, attribute)
    if (attribute?.kind === 'graph') attribute.value.owner = node
    this.#touch(node)
  }

  /** Gives up an output nobody uses. */
  dropOutput(node: Node, index: number): void {
    const output = node.outputs[index]
    if (output?.isUsed) throw new Error(`${node.label}: output ${index} is still used`)
    node.outputs[index] = undefined
    while (node.outputs.length > 1 && node.outputs.at(-1) === undefined) node.outputs.pop()
    this.#touch(node)
  }

  /** Takes an output out of the list of a node just made, leaving the slot empty. */
  dropOutputSlot(node: Node, index: number): void {
    node.outputs[index] = undefined
  }

  /** Adds an output to a subgraph under construction. A value from outside gets an Identity: it must be defined inside. */
  appendOutput(graph: Graph, value: Value): void {
    const inner =
      value.graph === graph
        ? value
        : this.append(graph, { opType: 'Identity', inputs: [value], name: value.name, from: [] }).outputs[0]!
    inner.outputSlots += 1
    graph.outputs.push(inner)
  }

  /**
   * Whether every use of `old` can take `replacement` instead without a change of the interface: a graph output must stay
   * defined in its own graph, under its own name; a value that annotations or bindings name must stay.
   */
  static canReplace(old: Value, replacement: Value): boolean {
    if (old === replacement || old.isPinned || old.isInput) return false
    if (!old.isGraphOutput) return replacement.graph.encloses(old.graph)
    if (replacement.graph !== old.graph || replacement.isInput) return false
    return !replacement.isGraphOutput && !replacement.isPinned
  }

  /** Moves every use of `old` to `replacement`, which takes over its place and name among the graph outputs. Check canReplace first. */
  replaceValue(old: Value, replacement: Value): void {
    if (!Patch.canReplace(old, replacement)) throw new Error(`cannot replace "${old.name}" by "${replacement.name}"`)
    for (const user of [...old.users.keys()]) {
      user.inputs.forEach((input, i) => {
        if (input === old) this.setInput(user, i, replacement)
      })
    }
    if (old.isGraphOutput) this.#takeOverOutput(old, replacement)
    if (replacement.producer !== undefined) this.#touch(replacement.producer)
    this.#orphans.add(old)
  }

  #takeOverOutput(old: Value, replacement: Value): void {
    const { outputs } = old.graph
    outputs.forEach((output, i) => {
      if (output === old) outputs[i] = replacement
    })
    replacement.outputSlots += old.outputSlots
    old.outputSlots = 0
    const freed = replacement.name
    replacement.name = old.name
    replacement.claim = old.claim
    old.name = freed
  }

  /** Replaces a node by `value` for its only used output; the node goes when nothing else needs it. */
  replaceNode(node: Node, value: Value, output = 0): void {
    this.replaceValue(node.outputs[output]!, value)
    this.removeIfDead(node)
  }

  /** Removes a node none of whose outputs is used. */
  removeNode(node: Node): void {
    if (!node.isLive) return
    if (node.outputs.some((output) => output?.isUsed)) throw new Error(`${node.label} is still used`)
    for (const subgraph of node.subgraphs()) this.#emptyGraph(subgraph)
    const inputs = new Set(node.inputs)
    for (const input of inputs) if (input !== undefined) this.#dropUses(input, node)
    this.#unlink(node)
  }

  removeIfDead(node: Node): boolean {
    if (!node.isLive || node.outputs.some((output) => output?.isUsed)) return false
    this.removeNode(node)
    return true
  }

  /** Moves a live node to just before `anchor` of the same graph. */
  moveBefore(node: Node, anchor: Node): void {
    if (node.graph !== anchor.graph) throw new Error('a node moves within its graph only')
    this.#unlink(node)
    this.#link(node, anchor)
    this.#touch(node)
  }

  /** Takes an initializer nobody uses out of its graph. */
  removeInitializer(value: Value): void {
    value.graph.initializers.delete(value)
  }

  /** Changes the interface: the initializer `value` is no longer an input that a caller could override. */
  dropOverridableInput(value: Value): void {
    if (value.tensor === undefined || !value.isInput) throw new Error(`"${value.name}" is no input with a default`)
    const { inputs } = value.graph
    inputs.splice(inputs.indexOf(value), 1)
    value.isInput = false
    value.type = tensorType(value.tensor.dtype, value.tensor.dims)
    for (const user of value.users.keys()) this.#touch(user)
  }

  /** Changes the interface: what an input or output of its graph is declared to be. */
  declareType(value: Value, type: ValueType): void {
    if (!value.isInput && !value.isGraphOutput) throw new Error(`"${value.name}" is no part of the interface`)
    value.claim = type
    if (value.isInput) value.type = type
    for (const user of value.users.keys()) this.#touch(user)
  }

  /** Changes the content of a constant that only `user` takes; others keep theirs. */
  setConstant(user: Node, index: number, tensor: Tensor, name?: string): Value {
    const old = user.inputs[index]
    const value = this.constant(user.graph, tensor, name ?? old?.name ?? `${user.name}_${index}`)
    this.setInput(user, index, value)
    return value
  }

  /** Lets a value that goes hand its name to the one that takes its place. Neither is part of the interface. */
  exchangeNames(a: Value, b: Value): void {
    const { name } = a
    a.name = b.name
    b.name = name
  }

  /** Records that `node` does the work of others too. */
  absorb(node: Node, ...others: readonly Node[]): void {
    node.provenance = mergedProvenance([node, ...others])
  }

  /**
   * Removes what lost its last use: nodes without used outputs, initializers nobody takes. `keep` says which nodes must
   * stay all the same.
   */
  collectGarbage(keep: (node: Node) => boolean): void {
    while (this.#orphans.size > 0) {
      const orphans = [...this.#orphans]
      this.#orphans.clear()
      for (const value of orphans) {
        if (value.isUsed) continue
        if (value.producer !== undefined) {
          if (!keep(value.producer)) this.removeIfDead(value.producer)
        } else if (value.tensor !== undefined && !value.isInput) this.removeInitializer(value)
      }
    }
  }

  #create(graph: Graph, before: Node | undefined, spec: NodeSpec): Node {
    const base = spec.name ?? spec.from[0]?.outputs.find((output) => output !== undefined)?.name ?? spec.opType
    const name = spec.from.find((node) => node.name !== '')?.name ?? ''
    const node = new Node(
      graph,
      spec.domain ?? '',
      spec.opType,
      name === '' ? '' : this.model.freshName(name),
      spec.overload,
    )
    node.provenance = mergedProvenance(spec.from)
    for (const [key, attribute] of Object.entries(spec.attributes ?? {})) {
      node.attributes.set(key, attribute)
      if (attribute.kind === 'graph') attribute.value.owner = node
    }
    const inputs = [...spec.inputs]
    while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop()
    for (const input of inputs) {
      node.inputs.push(input)
      if (input !== undefined) this.#addUse(input, node)
    }
    for (let i = 0; i < (spec.outputs ?? 1); i++) {
      const output = new Value(graph, this.model.freshName(base))
      output.producer = node
      output.outputIndex = i
      node.outputs.push(output)
      this.#orphans.add(output)
    }
    this.#link(node, before)
    inferNode(node)
    this.#touch(node)
    return node
  }

  #touch(node: Node): void {
    if (!node.isLive) return
    this.touched.add(node)
    for (const output of node.outputs)
      if (output !== undefined) for (const user of output.users.keys()) this.touched.add(user)
  }

  #addUse(value: Value, node: Node): void {
    value.users.set(node, (value.users.get(node) ?? 0) + 1)
  }

  #dropUse(value: Value, node: Node): void {
    const slots = value.users.get(node) ?? 0
    if (slots > 1) value.users.set(node, slots - 1)
    else value.users.delete(node)
    this.#afterDrop(value)
  }

  #dropUses(value: Value, node: Node): void {
    value.users.delete(node)
    this.#afterDrop(value)
  }

  #afterDrop(value: Value): void {
    if (!value.isUsed) this.#orphans.add(value)
    // A value with one use less may now have a sole user: its neighbours are worth another look.
    if (value.producer !== undefined) this.touched.add(value.producer)
    for (const user of value.users.keys()) this.touched.add(user)
  }

  #emptyGraph(graph: Graph): void {
    for (const output of graph.outputs) output.outputSlots = 0
    for (let node = graph.last; node !== undefined; ) {
      const previous: Node | undefined = node.prev
      for (const subgraph of node.subgraphs()) this.#emptyGraph(subgraph)
      for (const input of new Set(node.inputs)) if (input !== undefined) this.#dropUses(input, node)
      this.#unlink(node)
      node = previous
    }
  }

  #link(node: Node, before: Node | undefined): void {
    const { graph } = node
    const after = before === undefined ? graph.last : before.prev
    node.prev = after
    node.next = before
    if (after === undefined) graph.first = node
    else after.next = node
    if (before === undefined) graph.last = node
    else before.prev = node
    node.order = orderBetween(after, before)
    if (node.order === after?.order || node.order === before?.order) renumber(graph)
    node.isLive = true
    graph.nodeCount += 1
  }

  #unlink(node: Node): void {
    const { graph } = node
    if (node.prev === undefined) graph.first = node.next
    else node.prev.next = node.next
    if (node.next === undefined) graph.last = node.prev
    else node.next.prev = node.prev
    node.isLive = false
    graph.nodeCount -= 1
    this.touched.delete(node)
  }
}

function orderBetween(after: Node | undefined, before: Node | undefined): number {
  if (after === undefined) return before === undefined ? 0 : before.order - 1
  return before === undefined ? after.order + 1 : (after.order + before.order) / 2
}

function renumber(graph: Graph): void {
  let order = 0
  for (let node = graph.first; node !== undefined; node = node.next) node.order = order++
}

const mergedProvenance = (nodes: readonly Node[]): readonly string[] => [
  ...new Set(nodes.flatMap((node) => node.provenance)),
]
