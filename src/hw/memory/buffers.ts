import { constantOf } from '../../ir/constant.js'
import type { Graph, Node, Value } from '../../ir/graph.js'
import type { Kernel } from '../kernels.js'
import { overwritable } from './in-place.js'
import { loopOf, Storages } from './storage.js'

/** A piece of memory with one content: an activation and all its views. Kernels are named by index. */
export interface Buffer {
  /** The value that owns it. */
  readonly value: Value
  bytes: number
  /** The kernel that writes it; -1: it is there when `home` starts (inputs, states of a loop). */
  producer: number
  /** The graph it is born in. */
  home: Graph
  /** Kernels that read it, in order, each once. */
  readonly readers: number[]
  /** Graphs at whose end it must still be there: results, states for the next iteration, what a loop reads each time. */
  readonly ends: Set<Graph>
}

/** What kernels keep in memory, and where each kernel may write its result over what it reads. */
export interface Buffers {
  readonly list: readonly Buffer[]
  /** By kernel: its only result, and the buffers that it may take over if it is their last reader. -1: never. */
  readonly results: Int32Array
  readonly overwritable: readonly (readonly number[])[]
}

/** The buffers of a list of kernels. Weights are none; neither is what the host computes while it plans. */
export function buffersOf(kernels: readonly Kernel[]): Buffers {
  const finder = new BufferFinder(kernels)
  return finder.find()
}

class BufferFinder {
  readonly #kernels: readonly Kernel[]
  /** Graphs with kernels of their own, and how often these run. */
  readonly #repeats = new Map<Graph, number>()
  /** Nodes by kernel. */
  readonly #made = new Map<Node, number>()
  readonly #storages = new Storages(
    (graph) => this.#repeats.has(graph),
    (node) => this.#made.has(node),
  )
  readonly #buffers = new Map<Value, Buffer>()

  constructor(kernels: readonly Kernel[]) {
    this.#kernels = kernels
    kernels.forEach(({ nodes, repeats }, at) => {
      for (const node of nodes) this.#made.set(node, at)
      this.#repeats.set(nodes[0]!.graph, repeats)
      for (let owner = nodes[0]!.graph.owner; owner !== undefined; owner = owner.graph.owner) {
        if (!this.#repeats.has(owner.graph)) this.#repeats.set(owner.graph, 1)
      }
    })
  }

  find(): Buffers {
    this.#kernels.forEach(({ inputs, outputs }, at) => {
      for (const { value, bytes } of inputs) {
        const buffer = this.#note(value, bytes)
        if (buffer !== undefined && buffer.readers.at(-1) !== at) buffer.readers.push(at)
      }
      for (const { value, bytes } of outputs) this.#note(value, bytes)
    })
    for (const graph of this.#repeats.keys()) if (graph.owner !== undefined) this.#loop(graph.owner)
    for (const graph of this.#repeats.keys()) {
      if (graph.owner === undefined) for (const value of graph.outputs) this.#hold(value, graph)
    }
    for (const buffer of this.#buffers.values()) {
      const { producer } = buffer.value
      if (buffer.producer === -1 && producer !== undefined && producer.inputs.length > 0 && !producer.hasSubgraphs)
        buffer.producer = this.#made.get(producer) ?? hostMade
    }
    const list = [...this.#buffers.values()].filter(({ producer }) => producer !== hostMade)
    return { list, ...this.#overwritable(list) }
  }

  /** States and slices of a loop; what is read in every iteration stays until the last. */
  #loop(node: Node): void {
    const loop = loopOf(node)
    if (loop === undefined || !this.#repeats.has(loop.body)) return
    const { body, states, firstInput, firstOutput } = loop
    const trips = (this.#repeats.get(body) ?? 1) / (this.#repeats.get(node.graph) ?? 1)
    node.inputs.forEach((input, i) => {
      const inner = body.inputs[node.is('Loop') ? i : firstInput + i]
      const slice = inner === undefined ? undefined : this.#buffers.get(this.#storages.of(inner))
      if (input === undefined || slice === undefined) return
      const isSequence = node.is('Scan') && i >= states
      if (this.#note(input, isSequence ? slice.bytes * trips : slice.bytes) !== undefined) this.#hold(input, body)
    })
    for (const output of body.outputs) this.#hold(output, body)
    node.outputs.slice(states).forEach((output, i) => {
      const inner = body.outputs[firstOutput + states + i]
      const slice = inner === undefined ? undefined : this.#buffers.get(this.#storages.of(inner))
      if (output === undefined || slice === undefined) return
      const stacked = this.#note(output, slice.bytes * trips)
      if (stacked === undefined) return
      stacked.home = body
      stacked.ends.add(body)
    })
  }

  #hold(value: Value, graph: Graph): void {
    this.#buffers.get(this.#storages.of(value))?.ends.add(graph)
  }

  #note(value: Value, bytes: number): Buffer | undefined {
    const storage = this.#storages.of(value)
    let buffer = this.#buffers.get(storage)
    if (buffer === undefined) {
      if (constantOf(storage) !== undefined) return undefined
      buffer = { value: storage, bytes, producer: -1, home: storage.graph, readers: [], ends: new Set() }
      this.#buffers.set(storage, buffer)
    }
    buffer.bytes = Math.max(buffer.bytes, bytes)
    return buffer
  }

  #overwritable(list: readonly Buffer[]): Pick<Buffers, 'results' | 'overwritable'> {
    const indices = new Map(list.map(({ value }, i) => [value, i]))
    const indexOf = (value: Value) => indices.get(this.#storages.of(value)) ?? -1
    const results = new Int32Array(this.#kernels.length).fill(-1)
    const candidates = this.#kernels.map((kernel, at) => {
      const [output] = kernel.outputs
      if (output === undefined || kernel.outputs.length > 1) return []
      results[at] = indexOf(output.value)
      const graph = kernel.nodes[0]!.graph
      return overwritable(kernel, indexOf).filter((buffer) => {
        const { home, ends } = list[buffer]!
        // What comes from outside a body is read again in the next iteration; what is wanted at the end stays.
        return graph.encloses(home) && ![...ends].some((end) => end.encloses(graph))
      })
    })
    return { results, overwritable: candidates }
  }
}

/** Stands for a producer that is no kernel: shape arithmetic. */
const hostMade = -2
