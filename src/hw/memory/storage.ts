import type { Graph, Node, Value } from '../../ir/graph.js'
import { resolveOp } from '../../ir/ops/index.js'

/**
 * Which values are one piece of memory. A view shares with what it views; so does an elementwise node that the target
 * drops (Dropout); what an If gives back is what the branch made that runs; the last state of a Loop or Scan is what the
 * body made last.
 */
export class Storages {
  readonly #runs: (graph: Graph) => boolean
  readonly #isKernel: (node: Node) => boolean
  readonly #known = new Map<Value, Value>()

  /** `runs` says whether a graph has kernels: of an If, only one branch is planned. `isKernel`: whether a node is in one, the default. */
  constructor(runs: (graph: Graph) => boolean, isKernel: (node: Node) => boolean = () => true) {
    this.#runs = runs
    this.#isKernel = isKernel
  }

  /** The value that owns the memory of `value`. */
  of(value: Value): Value {
    let storage = this.#known.get(value)
    if (storage !== undefined) return storage
    storage = value
    for (let source = this.#source(value); source !== undefined; source = this.#source(source)) storage = source
    this.#known.set(value, storage)
    return storage
  }

  #source({ producer, outputIndex }: Value): Value | undefined {
    if (producer === undefined) return undefined
    if (producer.hasSubgraphs) return this.#inside(producer, outputIndex)
    const traits = resolveOp(producer)?.op.traits ?? []
    const isPassed = traits.includes('view') || (traits.includes('unary') && !this.#isKernel(producer))
    return isPassed ? producer.inputs[0] : undefined
  }

  #inside(node: Node, index: number): Value | undefined {
    const graphs = [...node.subgraphs()]
    if (node.is('If')) return (graphs.find(this.#runs) ?? graphs[0])?.outputs[index]
    const loop = loopOf(node)
    return loop !== undefined && index < loop.states ? loop.body.outputs[loop.firstOutput + index] : undefined
  }
}

/** How the values of a Loop or Scan and of its body belong together. */
export interface LoopShape {
  readonly body: Graph
  /** Values carried from one iteration to the next. */
  readonly states: number
  /** Index of the body's first state: a Loop's body has iteration and condition before it, and a condition to give back. */
  readonly firstInput: number
  readonly firstOutput: number
}

/** undefined for nodes that are no loop. */
export function loopOf(node: Node): LoopShape | undefined {
  const body = node.subgraph('body')
  if (body === undefined) return undefined
  if (node.is('Loop')) return { body, states: node.inputs.length - 2, firstInput: 2, firstOutput: 1 }
  if (!node.is('Scan')) return undefined
  return { body, states: node.inputs.length - node.int('num_scan_inputs', 1), firstInput: 0, firstOutput: 0 }
}
