import type { Graph, Node } from '../../ir/graph.js'
import type { Kernel } from '../kernels.js'
import type { Buffers } from './buffers.js'
import { dependencies } from './dependencies.js'
import type { Lifetimes } from './peak.js'
import type { TaskGraph } from './task-graph.js'

/** A kernel, or a node with subgraphs whose kernels run in one piece. */
type Task = { readonly kernel: number } | { readonly owner: Node }

/** An order found for one graph, and what is known of it. */
export interface OrderedTasks {
  readonly order: readonly number[]
  readonly peakBytes: number
  /** No order has a lower peak than this. */
  readonly lowerBoundBytes: number
}

export type OrderTasks = (graph: TaskGraph) => OrderedTasks

/**
 * The schedule of a model level by level: the kernels inside a node with subgraphs are ordered first, then the node is
 * one task of its graph. What such a node reads from outside stays alive while it runs.
 */
export class Levels {
  readonly #kernels: readonly Kernel[]
  readonly #buffers: Buffers
  readonly #orderTasks: OrderTasks
  readonly #tasks = new Map<Graph, Task[]>()
  readonly #indices = new Map<Node, number>()

  constructor(kernels: readonly Kernel[], buffers: Buffers, orderTasks: OrderTasks) {
    this.#kernels = kernels
    this.#buffers = buffers
    this.#orderTasks = orderTasks
    kernels.forEach(({ nodes }, kernel) => {
      const tasks = this.#tasksOf(nodes[0]!.graph)
      for (const node of nodes) this.#indices.set(node, tasks.length)
      tasks.push({ kernel })
      for (let owner = nodes[0]!.graph.owner; owner !== undefined; owner = owner.graph.owner) {
        if (this.#indices.has(owner)) continue
        const outer = this.#tasksOf(owner.graph)
        this.#indices.set(owner, outer.length)
        outer.push({ owner })
      }
    })
  }

  /** Kernels of `graph` and of graphs inside in the order found; peaks are those of `graph` taken alone. */
  order(graph: Graph): OrderedTasks {
    const tasks = this.#tasks.get(graph) ?? []
    const inner = tasks.map((task) => ('owner' in task ? this.#orderInside(task.owner) : undefined))
    const taskGraph = this.#taskGraph(graph, tasks, (task) => inner[task]?.peakBytes)
    const ordered = this.#orderTasks(taskGraph)
    let { lowerBoundBytes } = ordered
    if (inner.some((found) => found !== undefined && found.peakBytes > found.lowerBoundBytes)) {
      lowerBoundBytes = this.#orderTasks(
        this.#taskGraph(graph, tasks, (task) => inner[task]?.lowerBoundBytes),
      ).lowerBoundBytes
    }
    const order = ordered.order.flatMap((index) => {
      const task = tasks[index]!
      return 'kernel' in task ? [task.kernel] : inner[index]!.order
    })
    return { order, peakBytes: ordered.peakBytes, lowerBoundBytes }
  }

  /** When each buffer lives in an order of kernels. */
  lifetimes(order: readonly number[]): Lifetimes {
    const at = new Int32Array(order.length)
    order.forEach((kernel, step) => {
      at[kernel] = step
    })
    const spans = this.#spans(at)
    const { list } = this.#buffers
    const first = new Int32Array(list.length)
    const last = new Int32Array(list.length)
    list.forEach((buffer, i) => {
      first[i] = buffer.producer >= 0 ? at[buffer.producer]! : (spans.get(buffer.home)?.[0] ?? 0)
      last[i] = first[i]!
      for (const kernel of buffer.readers) {
        const inside = spanInside(this.#kernels[kernel]!.nodes[0]!.graph, buffer.home)
        last[i] = Math.max(last[i]!, inside === undefined ? at[kernel]! : spans.get(inside)![1])
      }
      for (const graph of buffer.ends) {
        const inside = spanInside(graph, buffer.home) ?? graph
        last[i] = Math.max(last[i]!, spans.get(inside)?.[1] ?? 0)
      }
    })
    return { first, last }
  }

  /** First and last step of the kernels of each graph and of the graphs inside. */
  #spans(at: Int32Array): Map<Graph, [first: number, last: number]> {
    const spans = new Map<Graph, [number, number]>()
    this.#kernels.forEach(({ nodes }, kernel) => {
      const step = at[kernel]!
      for (let graph: Graph | undefined = nodes[0]!.graph; graph !== undefined; graph = graph.parent) {
        const [first, last] = spans.get(graph) ?? [step, step]
        spans.set(graph, [Math.min(first, step), Math.max(last, step)])
      }
    })
    return spans
  }

  /** The graphs of one node, one after the other: of an If only one has kernels. */
  #orderInside(owner: Node): OrderedTasks {
    const found = [...owner.subgraphs()].filter((graph) => this.#tasks.has(graph)).map((graph) => this.order(graph))
    return {
      order: found.flatMap(({ order }) => order),
      peakBytes: Math.max(0, ...found.map(({ peakBytes }) => peakBytes)),
      lowerBoundBytes: Math.max(0, ...found.map(({ lowerBoundBytes }) => lowerBoundBytes)),
    }
  }

  #taskGraph(graph: Graph, tasks: readonly Task[], innerPeak: (task: number) => number | undefined): TaskGraph {
    const bytes: number[] = []
    const producer: number[] = []
    const readers: number[][] = []
    const stays: number[] = []
    const indexOf = new Map<number, number>()
    this.#buffers.list.forEach((buffer, i) => {
      if (!graph.encloses(buffer.home)) return
      const made =
        buffer.producer >= 0
          ? this.#taskAt(graph, this.#kernels[buffer.producer]!.nodes[0]!)
          : this.#start(graph, buffer.home)
      const places = buffer.readers.map((kernel) => this.#taskAt(graph, this.#kernels[kernel]!.nodes[0]!))
      for (const end of buffer.ends) places.push(this.#end(graph, end))
      const isInside = made >= 0 && 'owner' in tasks[made]! && places.every((task) => task === made)
      if (isInside) return
      indexOf.set(i, bytes.length)
      bytes.push(buffer.bytes)
      producer.push(made)
      readers.push([...new Set(places)].filter((task) => task >= 0 && task !== made))
      stays.push(places.includes(-1) ? 1 : 0)
    })
    const needs = new Float64Array(tasks.length)
    producer.forEach((task, buffer) => {
      if (task >= 0) needs[task]! += bytes[buffer]!
    })
    const overwritable = tasks.map((task, index) => {
      if ('owner' in task) {
        needs[index] = Math.max(needs[index]!, innerPeak(index) ?? 0)
        return []
      }
      const result = this.#buffers.list[this.#buffers.results[task.kernel]!]
      return this.#buffers.overwritable[task.kernel]!.filter((i) => this.#buffers.list[i]!.bytes === result?.bytes)
        .map((i) => indexOf.get(i)!)
        .filter((i) => i !== undefined)
    })
    return {
      tasks: tasks.length,
      predecessors: dependencies(
        graph,
        tasks.length,
        (node) => this.#indexAt(graph, node),
        tasks.map((task) => this.#nodesOf(task)),
      ),
      bytes: Float64Array.from(bytes),
      producer: Int32Array.from(producer),
      readers,
      stays: Uint8Array.from(stays),
      needs,
      overwritable,
    }
  }

  #nodesOf = (task: Task): readonly Node[] => ('owner' in task ? [task.owner] : this.#kernels[task.kernel]!.nodes)

  #tasksOf(graph: Graph): Task[] {
    let tasks = this.#tasks.get(graph)
    if (tasks === undefined) this.#tasks.set(graph, (tasks = []))
    return tasks
  }

  #indexAt = (graph: Graph, node: Node): number | undefined => {
    let at: Node | undefined = node
    while (at !== undefined && at.graph !== graph) at = at.graph.owner
    return at === undefined ? undefined : this.#indices.get(at)
  }

  /** The task of `graph` that `node` is in; -1: it is outside. */
  #taskAt = (graph: Graph, node: Node): number => this.#indexAt(graph, node) ?? -1

  /** Where a buffer that is there at the start of `home` begins, seen from `graph`. */
  #start = (graph: Graph, home: Graph): number => (home === graph ? -1 : this.#taskAt(graph, home.owner!))

  /** The task at whose end the graph `end` ends; -1: not before `graph` itself does. */
  #end = (graph: Graph, end: Graph): number =>
    end === graph || !graph.encloses(end) ? -1 : this.#taskAt(graph, end.owner!)
}

/** The outermost graph around `graph` (or itself) that a buffer of `home` enters from outside; undefined: none. */
function spanInside(graph: Graph, home: Graph): Graph | undefined {
  let outermost: Graph | undefined
  for (let at: Graph | undefined = graph; at !== undefined && !at.encloses(home); at = at.parent) outermost = at
  return outermost
}
