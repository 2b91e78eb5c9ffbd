import { constantOf } from '../../ir/constant.js'
import { shapesEqual } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import type { Trait } from '../../ir/ops/define.js'
import { dimsOf } from '../../ir/type.js'
import { affineOf, type LinearStage, stageOf } from './linear-stage.js'

/** A value as a function of one convolution's output. */
export interface ConvolutionSource {
  readonly stage: LinearStage
  /** Pointwise nodes between the stage's output and the value, in order: its activation. */
  readonly activation: readonly Node[]
  /** Nodes that compute a gate from a whole channel, and the one that applies it; empty without. */
  readonly squeezeExcite: readonly Node[]
}

/** Nodes between two convolutions of a block; a squeeze-and-excitation with activations written out has about 20. */
const nodeLimit = 32

/**
 * Looks back from a value through activations and squeeze-and-excitation, however they are written, to the convolution that
 * everything of it comes from; undefined where there is no such one.
 */
export function sourceConvolution(value: Value): ConvolutionSource | undefined {
  const nodes = new Set<Node>()
  const open = new Set<Value>([value])
  while (nodes.size <= nodeLimit) {
    const last = latest(open)
    if (last === undefined) return undefined
    if (open.size === 1 && last.is('Conv')) return classified(last, nodes, value)
    if (open.size === 1 && !isPointwise(last) && affineOf(last) === undefined) return undefined
    nodes.add(last)
    for (const output of last.outputs) if (output !== undefined) open.delete(output)
    for (const input of last.inputs) if (input !== undefined && constantOf(input) === undefined) open.add(input)
  }
  return undefined
}

/** The last producer among the values; undefined when one of them is not computed in this graph. */
function latest(values: ReadonlySet<Value>): Node | undefined {
  let last: Node | undefined
  for (const { producer } of values) {
    if (producer === undefined || producer.hasSubgraphs) return undefined
    if (last !== undefined && producer.graph !== last.graph) return undefined
    if (last === undefined || producer.order > last.order) last = producer
  }
  return last
}

function classified(convolution: Node, between: ReadonlySet<Node>, value: Value): ConvolutionSource | undefined {
  const stage = stageOf(convolution)
  const nodes = [...between].sort((a, b) => a.order - b.order).filter((node) => !stage.affines.includes(node))
  if (stage.affines.some((node) => !between.has(node))) return undefined
  const whole = dimsOf(stage.output.type)
  // Values with all positions of the stage's output, and values with one for all of them.
  const full = new Set<Value>([stage.output])
  const collapsed = new Set<Value>()
  const activation: Node[] = []
  const squeezeExcite: Node[] = []
  for (const node of nodes) {
    const takesFull = node.inputs.some((input) => input !== undefined && full.has(input))
    const takesCollapsed = node.inputs.some((input) => input !== undefined && collapsed.has(input))
    const output = node.outputs[0]
    if (output === undefined) return undefined
    const isByElement = isPointwise(node) || affineOf(node) !== undefined
    const dims = dimsOf(output.type)
    if (takesFull && isByElement && whole !== undefined && dims !== undefined && shapesEqual(dims, whole)) {
      full.add(output)
      ;(takesCollapsed ? squeezeExcite : activation).push(node)
    } else if (!takesFull || isOver(node, ['pool', 'reduction'])) {
      collapsed.add(output)
      squeezeExcite.push(node)
    } else return undefined
  }
  return full.has(value) ? { stage, activation, squeezeExcite } : undefined
}

const isOver = (node: Node, traits: readonly Trait[]): boolean =>
  contextOf(node)?.resolved.op.traits.some((trait) => traits.includes(trait)) === true

/** Element by element: an activation, or a part of one. */
export const isPointwise = (node: Node): boolean => isOver(node, ['pointwise'])

/** Whether a node is a function of the value alone, element by element. */
export const isFunctionOf = (node: Node, value: Value): boolean =>
  isPointwise(node) &&
  node.inputs.every((input) => input === value || input === undefined || constantOf(input) !== undefined)
