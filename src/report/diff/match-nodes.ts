import { createHash } from 'node:crypto'
import { constantOf } from '../../ir/constant.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'

/** Weights of fewer elements say nothing about which layer they are of. */
const tellingElements = 16

/**
 * Which node of one model is which of another: by equal weights, then by the names of results, then by being where a
 * counterpart's neighbour is, then by the name alone. Constant nodes are content of others and have no counterpart.
 */
export function matchNodes(before: Model, after: Model): Map<Node, Node> {
  const matching = new Matching(workOf(before), workOf(after))
  for (const mark of [weightMark, nameMark]) {
    matching.byMark(mark)
    matching.spread()
  }
  // A node of another operator that computes the value of the same name took its place.
  matching.byMark(resultMark)
  return matching.pairs
}

/** Nodes that compute something, subgraphs and functions included. */
export const workOf = (model: Model): Node[] => [...model.allNodes()].filter((node) => !node.is('Constant'))

export const operatorOf = ({ domain, opType }: Node): string => (domain === '' ? opType : `${domain}.${opType}`)

/** Operator and content of its weights; undefined: it has none that tell. */
export function weightMark(node: Node): string | undefined {
  const digests = weightsOf(node)
    .filter(({ size, dtype }) => size >= tellingElements && dtype !== 'string')
    .map((tensor) => digest(tensor))
  return digests.length === 0 ? undefined : `${operatorOf(node)} ${digests.join()}`
}

/** Operator and name of the first result. Old exporters count results: a number is no name. */
function nameMark(node: Node): string | undefined {
  const mark = resultMark(node)
  return mark === undefined ? undefined : `${operatorOf(node)} ${mark}`
}

function resultMark({ outputs }: Node): string | undefined {
  const name = outputs.find((output) => output !== undefined)?.name
  return name === undefined || /^\d+$/.test(name) ? undefined : name
}

/** Constant operands in their order. */
export const weightsOf = (node: Node): Tensor[] => node.inputs.flatMap((input) => constantOf(input) ?? [])

const digests = new WeakMap<Tensor, string>()

function digest(tensor: Tensor): string {
  let found = digests.get(tensor)
  if (found === undefined) {
    const hash = createHash('sha256').update(`${tensor.dtype}[${tensor.dims}]`).update(tensor.bytes())
    digests.set(tensor, (found = hash.digest('base64')))
  }
  return found
}

class Matching {
  readonly pairs = new Map<Node, Node>()
  readonly #taken = new Set<Node>()
  readonly #before: readonly Node[]
  readonly #after: readonly Node[]
  #fresh: [Node, Node][] = []

  constructor(before: readonly Node[], after: readonly Node[]) {
    this.#before = before
    this.#after = after
  }

  /** Nodes that alone have a mark, on both sides. */
  byMark(markOf: (node: Node) => string | undefined): void {
    const marked = (nodes: readonly Node[], isFree: (node: Node) => boolean) => {
      const found = new Map<string, Node | undefined>()
      for (const node of nodes.filter(isFree)) {
        const mark = markOf(node)
        // Two of a mark cannot be told apart by it.
        if (mark !== undefined) found.set(mark, found.has(mark) ? undefined : node)
      }
      return found
    }
    const after = marked(this.#after, (node) => !this.#taken.has(node))
    for (const [mark, node] of marked(this.#before, (each) => !this.pairs.has(each))) {
      const other = after.get(mark)
      if (node !== undefined && other !== undefined) this.#pair(node, other)
    }
  }

  /** What produces or uses the same slot of a pair is a pair where both are the same operator and nobody else could be meant. */
  spread(): void {
    while (this.#fresh.length > 0) {
      const [node, other] = this.#fresh.pop()!
      for (const [i, input] of node.inputs.entries()) this.#pairAlike(input?.producer, other.inputs[i]?.producer)
      for (const [i, output] of node.outputs.entries()) this.#pairUsers(output, other.outputs[i])
    }
  }

  #pairUsers(output: Value | undefined, other: Value | undefined): void {
    const users = usersByOperator(output)
    const others = usersByOperator(other)
    for (const [key, [user, ...more]] of users) {
      const [twin, ...rest] = others.get(key) ?? []
      if (more.length === 0 && rest.length === 0) this.#pairAlike(user, twin)
    }
  }

  #pairAlike(node: Node | undefined, other: Node | undefined): void {
    if (node === undefined || other === undefined || this.pairs.has(node) || this.#taken.has(other)) return
    if (operatorOf(node) !== operatorOf(other) || node.is('Constant')) return
    const ranks = (each: Node) => weightsOf(each).map(({ rank }) => rank)
    if (String(ranks(node)) === String(ranks(other))) this.#pair(node, other)
  }

  #pair(node: Node, other: Node): void {
    this.pairs.set(node, other)
    this.#taken.add(other)
    this.#fresh.push([node, other])
  }
}

/** Users of a value by operator and by the slot they take it in. */
function usersByOperator(value: Value | undefined): Map<string, Node[]> {
  const found = new Map<string, Node[]>()
  for (const user of value?.users.keys() ?? []) {
    const key = `${operatorOf(user)} ${user.inputs.indexOf(value)}`
    found.set(key, [...(found.get(key) ?? []), user])
  }
  return found
}
