import type { Node } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { KernelKind } from './shape.js'

/**
 * Length of the runs a node works along; see `KernelShape.runLength`. Sizes are concrete; 0 where nothing is known.
 * `operands`: sizes of all that the node takes, undefined where they are not known.
 */
export function runLengthOf(
  node: Node,
  kind: KernelKind,
  input: readonly number[] | undefined,
  output: readonly number[] | undefined,
  operands: readonly (readonly number[] | undefined)[],
): number {
  if (input === undefined || output === undefined) return 0
  if (kind === 'recurrent') return input[0] ?? 0
  const traits = contextOf(node)?.resolved.op.traits ?? []
  const permutation = node.ints('perm')
  if (node.is('Transpose')) return permutation === undefined ? 1 : unmoved(permutation, input)
  const axis = axisOf(node, input.length)
  if (kind === 'movement') return axis === undefined ? common(input, output) : product(input.slice(axis))
  if (traits.includes('reduction')) return Math.round(product(input) / Math.max(1, product(output)))
  if (axis !== undefined) return input[axis] ?? 0
  if (traits.includes('pointwise') && node.inputs.length > 1) return broadcastRun(operands, output)
  return output.at(-1) ?? 1
}

/** Elements that stay together when axes are permuted. */
function unmoved(permutation: readonly number[], dims: readonly number[]): number {
  let run = 1
  for (let axis = permutation.length - 1; axis >= 0 && permutation[axis] === axis; axis--) run *= dims[axis]!
  return run
}

/** Elements of the trailing axes that input and output have in common. */
function common(input: readonly number[], output: readonly number[]): number {
  let run = 1
  for (let i = 1; i <= Math.min(input.length, output.length) && input.at(-i) === output.at(-i); i++)
    run *= input.at(-i)!
  return run
}

/** Elements of the output that one element of the smallest operand meets in a row; all of them where nothing is broadcast. */
function broadcastRun(operands: readonly (readonly number[] | undefined)[], output: readonly number[]): number {
  let shortest = product(output)
  for (const dims of operands) {
    if (dims === undefined || product(dims) === 1) continue
    let run = 1
    for (let i = 1; i <= output.length && (dims.at(-i) ?? 1) === 1; i++) run *= output.at(-i)!
    if (run > 1) shortest = Math.min(shortest, run)
    else if (product(dims) < product(output)) shortest = Math.min(shortest, matching(dims, output))
  }
  return shortest
}

/** Elements of the trailing axes that an operand has whole. */
function matching(dims: readonly number[], output: readonly number[]): number {
  let run = 1
  for (let i = 1; i <= output.length && dims.at(-i) === output.at(-i); i++) run *= output.at(-i)!
  return run
}

function axisOf(node: Node, rank: number): number | undefined {
  const axis = node.int('axis')
  return axis === undefined ? undefined : axis < 0 ? axis + rank : axis
}

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1)
