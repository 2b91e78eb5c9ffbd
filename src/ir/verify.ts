import type { Graph, Model, Node, Value } from './graph.js'

/**
 * What is wrong with a model's graphs, one line each; empty when all is well. Checks the invariants that passes rely on:
 * uses, producers, order, visibility, names, outputs. Anything found is a bug of whoever edited the graph last.
 */
export function verifyGraph(model: Model): string[] {
  const problems: string[] = []
  const uses: Uses = new Map()
  const names = new Map<string, Value>()
  for (const root of model.roots()) {
    if (root.owner !== undefined) problems.push(`root graph "${root.name}" has an owner`)
    new GraphVerifier(model, uses, names, problems).graph(root, new Set())
  }
  checkUses(uses, names, problems)
  return problems
}

/** Slots that really take a value, by consumer. */
type Uses = Map<Value, { readonly users: Map<Node, number>; outputSlots: number }>

class GraphVerifier {
  readonly #model: Model
  readonly #uses: Uses
  readonly #names: Map<string, Value>
  readonly #problems: string[]

  constructor(model: Model, uses: Uses, names: Map<string, Value>, problems: string[]) {
    this.#model = model
    this.#uses = uses
    this.#names = names
    this.#problems = problems
  }

  /** `visible`: values of surrounding graphs that are computed by now. */
  graph(graph: Graph, outer: ReadonlySet<Value>): void {
    if (graph.model !== this.#model) this.#report(`graph "${graph.name}" belongs to another model`)
    const visible = new Set(outer)
    for (const input of graph.inputs) {
      if (!input.isInput) this.#report(`"${input.name}" is among the inputs and not marked as one`)
      this.#define(input, graph, visible)
    }
    for (const value of graph.initializers) {
      if (value.tensor === undefined) this.#report(`initializer "${value.name}" has no content`)
      if (!value.isInput) this.#define(value, graph, visible)
      else if (!visible.has(value)) this.#report(`"${value.name}" is marked as an input and is none`)
    }
    this.#nodes(graph, visible)
    for (const output of graph.outputs) {
      this.#usesOf(output).outputSlots += 1
      if (output.graph !== graph) this.#report(`output "${output.name}" of "${graph.name}" belongs to another graph`)
      else if (!visible.has(output)) this.#report(`output "${output.name}" of "${graph.name}" is not computed there`)
    }
  }

  #nodes(graph: Graph, visible: Set<Value>): void {
    let previous: Node | undefined
    let count = 0
    for (let node = graph.first; node !== undefined; node = node.next) {
      if (node.prev !== previous) this.#report(`${node.label} does not know the node before it`)
      if (previous !== undefined && !(previous.order < node.order))
        this.#report(`${node.label} has its order key wrong`)
      this.#node(node, graph, visible)
      previous = node
      count += 1
    }
    if (graph.last !== previous) this.#report(`graph "${graph.name}" does not know its last node`)
    if (graph.nodeCount !== count)
      this.#report(`graph "${graph.name}" counts ${graph.nodeCount} nodes and has ${count}`)
  }

  #node(node: Node, graph: Graph, visible: Set<Value>): void {
    if (node.graph !== graph) this.#report(`${node.label} belongs to another graph`)
    if (!node.isLive) this.#report(`${node.label} is linked and marked as removed`)
    for (const input of node.inputs) {
      if (input === undefined) continue
      const { users } = this.#usesOf(input)
      users.set(node, (users.get(node) ?? 0) + 1)
      if (!visible.has(input)) this.#report(`${node.label} uses "${input.name}", which is not computed or not visible`)
    }
    for (const inner of node.subgraphs()) {
      if (inner.owner !== node) this.#report(`a subgraph of ${node.label} has another owner`)
      this.graph(inner, visible)
    }
    node.outputs.forEach((output, i) => {
      if (output === undefined) return
      if (output.producer !== node || output.outputIndex !== i) {
        this.#report(`"${output.name}" does not know that ${node.label} computes it`)
      }
      if (output.isInput || output.tensor !== undefined) this.#report(`"${output.name}" is computed and given as well`)
      this.#define(output, graph, visible)
    })
  }

  #define(value: Value, graph: Graph, visible: Set<Value>): void {
    if (value.graph !== graph) this.#report(`"${value.name}" belongs to another graph`)
    if (visible.has(value)) this.#report(`"${value.name}" is defined twice`)
    visible.add(value)
    this.#usesOf(value)
    const other = this.#names.get(value.name)
    if (value.name === '') this.#report('a value has no name')
    else if (other !== undefined && other !== value) this.#report(`two values have the name "${value.name}"`)
    this.#names.set(value.name, value)
  }

  #usesOf(value: Value) {
    let uses = this.#uses.get(value)
    if (uses === undefined) this.#uses.set(value, (uses = { users: new Map(), outputSlots: 0 }))
    return uses
  }

  #report(problem: string): void {
    this.#problems.push(problem)
  }
}

function checkUses(uses: Uses, names: ReadonlyMap<string, Value>, problems: string[]): void {
  for (const [value, { users, outputSlots }] of uses) {
    if (names.get(value.name) !== value) continue
    if (value.outputSlots !== outputSlots) {
      problems.push(`"${value.name}" counts ${value.outputSlots} output slots and has ${outputSlots}`)
    }
    for (const user of new Set([...users.keys(), ...value.users.keys()])) {
      const [real, noted] = [users.get(user) ?? 0, value.users.get(user) ?? 0]
      if (real !== noted) problems.push(`"${value.name}" counts ${noted} uses by ${user.label} and has ${real}`)
    }
  }
}
