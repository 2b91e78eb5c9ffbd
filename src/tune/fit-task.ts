import type { Node, Value } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import { dimsOf } from '../ir/type.js'
import { isSum } from '../passes/architecture/linear-stream.js'
import { type ActivationChain, activationBetween, type Bounds, boundsBehind } from './activation-chain.js'
import { efforts } from './effort.js'
import { type LinearLayer, linearLayer } from './linear-layer.js'
import type { TuneRequest } from './tuner.js'

/** One layer, and what it is fitted to. */
export interface FitTask {
  readonly layer: LinearLayer
  /** Value of the teacher; of its channels those, in that order (undefined: all). */
  readonly target: string
  readonly channels: Int32Array | undefined
  /** Of the student: added to the layer's output before it is what the target is. */
  readonly residual: Value | undefined
  /** Of the activation that hides what lies beyond them. */
  readonly bounds: Bounds | undefined
}

/**
 * A layer on its own; one with the linear one behind its activation, fitted together; or a layer that was not rewritten, which
 * is refitted where that brings the model's outputs nearer to the original's.
 */
export type FitStep =
  | { readonly kind: 'layer'; readonly task: FitTask }
  | { readonly kind: 'pair'; readonly first: FitTask; readonly second: FitTask; readonly activation: ActivationChain }
  | { readonly kind: 'downstream'; readonly task: FitTask }

/** What is to be fitted, in execution order, from the first rewritten layer on. */
export function planSteps(request: TuneRequest): FitStep[] {
  const { fitted, student, effort = efforts.full } = request
  const known = new Set([...valuesOf(request.teacher.graph)].map(({ name }) => name))
  const rewritten = new Set(fitted.map(({ node }) => node))
  const nodes = [...student.graph.nodes()]
  const taskOf = (node: Node) => fitTask(node, request, known)
  const steps: FitStep[] = []
  const paired = new Set<Node>()
  const start = nodes.findIndex((node) => rewritten.has(node))
  for (const node of start < 0 ? [] : nodes.slice(start)) {
    if (paired.has(node)) continue
    const task = taskOf(node)
    if (task === undefined) continue
    if (!rewritten.has(node)) {
      // What an activation follows is not linear in its error at the outputs, and stays.
      const isLinear = task.layer.groups === 1 && boundsBehind(task.layer.output) === undefined
      if (isLinear && effort.isDownstream) steps.push({ kind: 'downstream', task })
      continue
    }
    const pair = pairFrom(task, taskOf)
    if (pair === undefined) steps.push({ kind: 'layer', task })
    else {
      steps.push(pair)
      paired.add(pair.second.layer.node)
    }
  }
  return steps
}

/** The linear layer behind the activation of a rewritten one, at whose place the residual of both is known. */
function pairFrom(
  first: FitTask,
  taskOf: (node: Node) => FitTask | undefined,
): Extract<FitStep, { kind: 'pair' }> | undefined {
  if (first.layer.groups !== 1 || first.residual !== undefined) return undefined
  const { output } = first.layer
  for (const node of consumersWithin(output)) {
    const second = taskOf(node)
    if (second === undefined || !second.layer.isPointwise || second.layer.groups !== 1) continue
    if (second.bounds !== undefined || second.layer.layout !== first.layer.layout) continue
    const activation = activationBetween(output, second.layer.input)
    if (activation !== undefined && isBefore(second.residual, first.layer.node))
      return { kind: 'pair', first, second, activation }
  }
  return undefined
}

/** Nodes a few steps behind a value, nearest first. */
function* consumersWithin(value: Value, steps = 4): Generator<Node> {
  let edge: Value[] = [value]
  for (let i = 0; i < steps; i++) {
    const users = [...new Set(edge.flatMap(({ users }) => [...users.keys()]))]
    yield* users
    edge = users.flatMap(({ outputs }) => outputs.filter((output) => output !== undefined))
  }
}

const isBefore = (value: Value | undefined, node: Node): boolean =>
  value?.producer === undefined || value.producer.order < node.order

/** undefined: it is no linear layer, or what it gives stands for none of the values that are known. */
export function fitTask(
  node: Node,
  { correspondence }: Pick<TuneRequest, 'correspondence'>,
  known: ReadonlySet<string>,
): FitTask | undefined {
  const layer = linearLayer(node)
  if (layer === undefined) return undefined
  const { output } = layer
  const reader = output.soleUser
  const sum = reader !== undefined && isSum(reader) ? reader : undefined
  const residual = sum?.inputs.find((input) => input !== output)
  // What is computed later is not known when the layer is fitted: then the sum says nothing yet.
  const result = sum !== undefined && isBefore(residual, node) ? sum.outputs[0]! : output
  const counterpart = correspondence.of(result)
  if (counterpart === undefined || !known.has(counterpart.original)) return undefined
  const axis = layer.layout === 'channels-first' ? 1 : (dimsOf(output.type)?.length ?? 0) - 1
  const channels = counterpart.positions.get(axis)
  const isPartial = [...counterpart.positions.keys()].some((other) => other !== axis)
  if (isPartial || channels?.some((at) => at < 0)) return undefined
  return {
    layer,
    target: counterpart.original,
    channels,
    residual: result === output ? undefined : residual,
    bounds: result === output ? boundsBehind(output) : undefined,
  }
}
