import type { GraphBuilder } from '../ir/build.js'
import { constantOf } from '../ir/constant.js'
import type { Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { clampBounds } from '../passes/exact/scalar-constant.js'

/** Where an activation is flat: everything beyond a bound is as good as the bound. */
export type Bounds = readonly [low: number, high: number]

/** What stands between two layers, element by element: one node or several (SiLU as Sigmoid and Mul). */
export interface ActivationChain {
  /** In execution order. */
  readonly nodes: readonly Node[]
  readonly from: Value
  readonly to: Value
}

/** The chain between two values that nobody else reads from; undefined where there is none. */
export function activationBetween(from: Value, to: Value): ActivationChain | undefined {
  if (to.producer === undefined || to.soleUser === undefined) return undefined
  const found = new Set<Node>()
  const open = [to.producer]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue
    if (!isElementwise(node) || found.size > longestChain) return undefined
    found.add(node)
    for (const input of node.inputs) {
      if (input === undefined || input === from || isScalar(input)) continue
      if (input.producer === undefined) return undefined
      open.push(input.producer)
    }
  }
  const isClosed = [from, ...[...found].map(({ outputs }) => outputs[0]!)].every(
    (value) => value === to || (!value.isGraphOutput && [...value.users.keys()].every((user) => found.has(user))),
  )
  if (!isClosed) return undefined
  return { nodes: [...found].sort((a, b) => a.order - b.order), from, to }
}

const longestChain = 8

const isElementwise = (node: Node): boolean =>
  node.outputs.length === 1 && contextOf(node)?.resolved.op.traits.includes('pointwise') === true

const isScalar = (value: Value): boolean => constantOf(value)?.size === 1

/** The chain applied to another value, in a graph of opset 17 or later; constants become float32. */
export function applyChain(g: GraphBuilder, { nodes, from, to }: ActivationChain, input: Value): Value {
  const made = new Map<Value, Value>([[from, input]])
  for (const node of nodes) {
    const bounds = clampBounds(node)
    const inputs = node.inputs.map((value) => (value === undefined ? undefined : (made.get(value) ?? scalar(g, value))))
    const output =
      bounds === undefined
        ? g.op(node.opType, inputs, Object.fromEntries(node.attributes))
        : g.op('Clip', [inputs[0]!, ...bounds.map((bound) => float(g, Math.min(Math.max(bound, -largest), largest)))])
    made.set(node.outputs[0]!, output)
  }
  return made.get(to)!
}

/** Stands for infinity in float32. */
const largest = 3e38

const scalar = (g: GraphBuilder, value: Value): Value => float(g, constantOf(value)!.numbers()[0]!)
const float = (g: GraphBuilder, value: number): Value => g.constant(Tensor.float32([value], []))

/** Of what reads the value, if that is an activation that clips, and nothing else. */
export const boundsBehind = (value: Value): Bounds | undefined => clampBounds(value.soleUser)
