import { type AttributeOf, AttributeOwner } from './attribute.js'
import type { Dim } from './dim.js'
import type { Tensor } from './tensor.js'
import type { ValueType } from './type.js'

/**
 * The graph: SSA values, nodes in a linked order, subgraphs as attributes. Reading is free for everyone; the methods
 * marked "editor only" are called by `patch.ts`, `build.ts` and the importer, nobody else.
 *
 * `origin` fields hold the message an object was read from. They travel untouched to the exporter.
 */

export type Attribute = AttributeOf<Graph>
export type AttributeKind = Attribute['kind']

/** What a node computes, an input or an initializer. It knows its producer and its users. */
export class Value {
  /** Unique in its model unless empty. Freely renamed, save for the model's inputs and outputs. */
  name: string
  readonly graph: Graph
  /** The node that computes it; undefined for graph inputs and initializers. */
  producer: Node | undefined
  /** Which output of the producer. */
  outputIndex: number
  /** True for an input of its graph (an initializer may be one as well: a default value). */
  isInput: boolean
  /** The constant content of an initializer. */
  tensor: Tensor | undefined
  /** What is known of it; filled in by inference, from claims for graph inputs. */
  type: ValueType | undefined
  /** Element values of a small integer tensor as far as known, row-major; filled in by inference. */
  content: readonly Dim[] | undefined
  /** The type that the file claims for it (value_info), unchecked. */
  claim: ValueType | undefined
  /** Consumers and how many of their input slots take this value. Nodes of subgraphs count like any other. */
  readonly users: Map<Node, number>
  /** Slots of its graph's outputs that name it. */
  outputSlots: number
  /** Quantization annotations, training bindings and the like name it: it must stay and keep its name. */
  isPinned: boolean
  /** Its name in the file it was read from; undefined for values made later. */
  fileName: string | undefined

  constructor(graph: Graph, name: string) {
    this.name = name
    this.graph = graph
    this.producer = undefined
    this.outputIndex = 0
    this.isInput = false
    this.tensor = undefined
    this.type = undefined
    this.content = undefined
    this.claim = undefined
    this.users = new Map()
    this.outputSlots = 0
    this.isPinned = false
    this.fileName = undefined
  }

  /** An initializer nobody can override. */
  get isConstant(): boolean {
    return this.tensor !== undefined && !this.isInput
  }

  get isGraphOutput(): boolean {
    return this.outputSlots > 0
  }

  get isUsed(): boolean {
    return this.users.size > 0 || this.outputSlots > 0 || this.isPinned
  }

  /** Number of input slots that take it, graph outputs not counted. */
  get useCount(): number {
    let sum = 0
    for (const slots of this.users.values()) sum += slots
    return sum
  }

  /** Its one consumer, when there is exactly one input slot that takes it and it is not a graph output or pinned. */
  get soleUser(): Node | undefined {
    if (this.users.size !== 1 || this.outputSlots > 0 || this.isPinned) return undefined
    const [[user, slots]] = this.users as unknown as [[Node, number]]
    return slots === 1 ? user : undefined
  }
}

/** One operator of a graph. It is where its graph has it, and knows what it reads and what it computes. */
export class Node extends AttributeOwner<Graph> {
  /** Dense, unique in the process, in order of creation. */
  readonly id: number
  readonly graph: Graph
  /** '' is the standard domain (also written ai.onnx). */
  readonly domain: string
  readonly opType: string
  /** Picks one of several functions of the same domain and name; '' mostly. */
  readonly overload: string
  name: string
  /** undefined: an optional input left out. */
  readonly inputs: (Value | undefined)[]
  /** undefined: an output nobody wants. */
  readonly outputs: (Value | undefined)[]
  prev: Node | undefined
  next: Node | undefined
  /** False once removed from its graph. */
  isLive: boolean
  /** Position key among the nodes of its graph; see Graph.isBefore. */
  order: number
  readonly origin: unknown
  /** Names (or `#id OpType`) of the nodes of the original model it came from. */
  provenance: readonly string[]

  constructor(graph: Graph, domain: string, opType: string, name: string, overload = '', origin?: unknown) {
    super()
    this.id = nextNodeId++
    this.graph = graph
    this.domain = domain
    this.opType = opType
    this.overload = overload
    this.name = name
    this.inputs = []
    this.outputs = []
    this.prev = undefined
    this.next = undefined
    this.isLive = false
    this.order = 0
    this.origin = origin
    this.provenance = []
  }

  /** `Conv "stem/conv"` for messages. */
  get label(): string {
    const first = this.name || this.outputs.find((value) => value !== undefined)?.name || `#${this.id}`
    return `${this.domain === '' ? '' : `${this.domain}.`}${this.opType} ${JSON.stringify(first)}`
  }

  /**
   * Whether it is that operator, with attributes that are known here. A node of a function body whose attributes refer to
   * the caller's is nothing in particular: no pass may read a default where the caller will put a value.
   */
  is(opType: string, domain = ''): boolean {
    return this.opType === opType && this.domain === domain && !this.hasReferences
  }
}

let nextNodeId = 0

/** Nodes in execution order with inputs, outputs and initializers; subgraphs of control flow have a parent. Edited through `Patch` alone. */
export class Graph {
  name: string
  readonly model: Model
  /** The node that holds it as an attribute; undefined for the main graph and function bodies until attached. */
  owner: Node | undefined
  /** The function whose body it is. */
  ownerFunction: FunctionBody | undefined
  readonly inputs: Value[]
  readonly outputs: Value[]
  /** In file order. */
  readonly initializers: Set<Value>
  first: Node | undefined
  last: Node | undefined
  nodeCount: number
  readonly origin: unknown

  constructor(model: Model, name: string, origin?: unknown) {
    this.name = name
    this.model = model
    this.owner = undefined
    this.ownerFunction = undefined
    this.inputs = []
    this.outputs = []
    this.initializers = new Set()
    this.first = undefined
    this.last = undefined
    this.nodeCount = 0
    this.origin = origin
  }

  /** The graph around this one. */
  get parent(): Graph | undefined {
    return this.owner?.graph
  }

  /** The outermost graph: the main graph or a function body. */
  get root(): Graph {
    let graph: Graph = this
    while (graph.parent !== undefined) graph = graph.parent
    return graph
  }

  /** Opset versions in force, by domain: the function's own inside a function body. */
  get opsets(): ReadonlyMap<string, number> {
    return this.root.ownerFunction?.opsets ?? this.model.opsets
  }

  /** Nodes in order. Removing the node just given, or inserting around it, is allowed while iterating. */
  *nodes(): Generator<Node> {
    let node = this.first
    while (node !== undefined) {
      const following = node.next
      yield node
      // A node inserted right behind the current one is visited too.
      node = node.isLive ? node.next : following
    }
  }

  /** All nodes here and in the graphs inside, outer before inner. */
  *allNodes(): Generator<Node> {
    for (const node of this.nodes()) {
      yield node
      for (const inner of node.subgraphs()) yield* inner.allNodes()
    }
  }

  /** Whether a value of this graph is visible to nodes of `inner` (the same graph or one inside). */
  encloses(inner: Graph): boolean {
    let graph: Graph | undefined = inner
    while (graph !== undefined) {
      if (graph === this) return true
      graph = graph.parent
    }
    return false
  }

  /** Whether `a` comes before `b` in this graph's order. */
  static isBefore(a: Node, b: Node): boolean {
    return a.order < b.order
  }
}

/** A model-local function. Its body sees nothing but its own inputs. */
export class FunctionBody {
  readonly domain: string
  readonly name: string
  readonly overload: string
  readonly graph: Graph
  /** Attributes by name; a default where the function gives one. */
  readonly attributes: Map<string, Attribute | undefined>
  readonly opsets: Map<string, number>
  readonly origin: unknown

  constructor(
    domain: string,
    name: string,
    overload: string,
    graph: Graph,
    attributes: Map<string, Attribute | undefined>,
    opsets: Map<string, number>,
    origin?: unknown,
  ) {
    this.domain = domain
    this.name = name
    this.overload = overload
    this.graph = graph
    this.attributes = attributes
    this.opsets = opsets
    this.origin = origin
    graph.ownerFunction = this
  }

  get key(): string {
    return functionKey(this.domain, this.name, this.overload)
  }
}

export const functionKey = (domain: string, name: string, overload: string): string =>
  `${domain}\u0000${name}\u0000${overload}`

/** A model as it was read: its graph, its functions, the versions of its operator sets. What the file had is kept, to be written back. */
export class Model {
  irVersion: number
  /** Imported operator sets by domain; the standard domain is ''. */
  readonly opsets: Map<string, number>
  graph!: Graph
  readonly functions: Map<string, FunctionBody>
  /** The file it was read from; undefined for a model from memory. */
  readonly file: string | undefined
  /** Whether the file kept tensors outside itself. */
  usesExternalData: boolean
  readonly origin: unknown
  /** Oddities of the file that are no errors, one line each. */
  readonly warnings: string[]
  /**
   * Names here -> names in the file, where these differ: sibling subgraphs and functions of a file may share names,
   * values of a model may not.
   */
  readonly fileNames: Map<string, string>
  readonly #names: Map<string, number>

  constructor(irVersion: number, opsets: Map<string, number>, file?: string, origin?: unknown) {
    this.irVersion = irVersion
    this.opsets = opsets
    this.functions = new Map()
    this.file = file
    this.usesExternalData = false
    this.origin = origin
    this.warnings = []
    this.fileNames = new Map()
    this.#names = new Map()
  }

  functionOf(node: Node): FunctionBody | undefined {
    if (this.functions.size === 0) return undefined
    return this.functions.get(functionKey(node.domain, node.opType, node.overload))
  }

  /** The main graph and all function bodies. */
  *roots(): Generator<Graph> {
    yield this.graph
    for (const body of this.functions.values()) yield body.graph
  }

  /** Every node: main graph, functions, subgraphs. */
  *allNodes(): Generator<Node> {
    for (const root of this.roots()) yield* root.allNodes()
  }

  /** Nodes over all graphs, subgraphs and function bodies, Constant nodes included. */
  get nodeCount(): number {
    let count = 0
    for (const _ of this.allNodes()) count += 1
    return count
  }

  /** Takes note of a name in use, so that fresh names stay clear of it. */
  claimName(name: string): void {
    if (name !== '') this.#names.set(name, 0)
  }

  /** Takes note of all names of another model, and gives fresh ones as that would. */
  claimNamesOf(model: Model): void {
    for (const [name, count] of model.#names) this.#names.set(name, count)
  }

  isNameTaken(name: string): boolean {
    return this.#names.has(name)
  }

  /** A name no value of the model has: the base itself or the base with a number. */
  freshName(base: string): string {
    let name = base
    if (name === '' || this.#names.has(name)) {
      let count = this.#names.get(base) ?? 0
      do name = `${base}_${++count}`
      while (this.#names.has(name))
      this.#names.set(base, count)
    }
    this.#names.set(name, 0)
    return name
  }
}
