import { constantOf } from '../../ir/constant.js'
import { shapesEqual } from '../../ir/dim.js'
import type { Attribute, Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr, type Patch } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'
import { invertPermutation, permutationOf } from './permutation.js'

/**
 * f(Transpose(x, p)) = Transpose(f(x), p) for pointwise f: a Transpose sinks where it joins another one or meets one further
 * down. Other operands must be transposed alike, or be constants (permuted here), and
 * broadcasting must not make the tensor larger.
 */
export const sinkTranspose = definePass({
  id: 'sink-transpose',
  kind: 'exact',
  rule: 'f(Transpose(x, p), Transpose(y, p), c) = Transpose(f(x, y, c permuted back), p) for pointwise f',
  example: ['y = Relu(Transpose<perm=[0, 2, 3, 1]>(x))', 'y = Transpose<perm=[0, 2, 3, 1]>(Relu(x))'],
  match(node) {
    const traits = contextOf(node)?.resolved.op.traits
    if (traits?.includes('pointwise') !== true || node.outputs.length !== 1 || node.hasSubgraphs) return null
    const transposes = node.inputs.map((input) => transposeOf(input, node))
    const first = transposes.find((transpose) => transpose !== undefined)
    const perm = first === undefined ? undefined : permutationOf(first)
    if (first === undefined || perm === undefined) return null
    // Old broadcasting is by attribute: leave it alone.
    if (node.attributes.has('axis') || node.attributes.has('broadcast')) return null
    const before = dimsOf(first.outputs[0]?.type)
    const after = dimsOf(node.outputs[0]?.type)
    if (before === undefined || after === undefined || !shapesEqual(before, after)) return null
    const joins = transposes.filter((transpose) => transpose !== undefined).length > 1
    if (!joins && !meetsTranspose(node)) return skip('nothing-to-meet', node, 'none: it would only stand elsewhere')
    // A runtime multiplies straight from the transposed layout then, which is slower than moving the data once.
    const next = node.outputs[0]?.soleUser
    if (next !== undefined && contextOf(next)?.resolved.op.traits.includes('matmul') === true) {
      return skip('matmul-behind', node, 'none: the matrix product would read its operand transposed')
    }
    const operands = node.inputs.map((input, i) => operandBefore(input, transposes[i], perm))
    if (operands.includes(null)) return skip('operand-not-transposed', node, 'none')
    return (patch) => sink(patch, node, perm, operands as (Operand | undefined)[])
  },
})

const isPointwise = (node: Node): boolean => contextOf(node)?.resolved.op.traits.includes('pointwise') === true

/** Whether a Transpose comes behind nothing but pointwise work: then the two merge, and often vanish. */
function meetsTranspose(node: Node): boolean {
  let next = node.outputs[0]?.soleUser
  while (next !== undefined && next.graph === node.graph && isPointwise(next)) next = next.outputs[0]?.soleUser
  return next?.is('Transpose') === true
}

/** An operand of the sunk operator: a value as it is, or a constant to be permuted back. */
type Operand = { readonly value: Value } | { readonly permuted: Value; readonly shape: readonly number[] }

/** The Transpose that feeds `node` alone. */
function transposeOf(input: Value | undefined, node: Node): Node | undefined {
  const producer = input?.producer
  return producer?.is('Transpose') && input?.soleUser === node && producer.graph === node.graph ? producer : undefined
}

/** undefined: omitted; null: cannot be had. */
function operandBefore(
  input: Value | undefined,
  transpose: Node | undefined,
  perm: readonly number[],
): Operand | undefined | null {
  if (input === undefined) return undefined
  if (transpose !== undefined) {
    const same = permutationOf(transpose)
    return same?.length === perm.length && same.every((axis, i) => axis === perm[i])
      ? { value: transpose.inputs[0]! }
      : null
  }
  const tensor = constantOf(input)
  if (tensor === undefined) return null
  if (tensor.size === 1 && tensor.rank <= perm.length) return { value: input }
  if (tensor.rank > perm.length) return null
  // Missing leading axes are axes of size 1.
  const full = [...new Array<number>(perm.length - tensor.rank).fill(1), ...tensor.dims]
  const inverse = invertPermutation(perm)
  const back = inverse.map((axis) => full[axis]!)
  const moved = inverse.filter((axis) => full[axis] !== 1)
  // Only constants whose elements keep their order: those need a new shape, not new bytes.
  return moved.every((axis, i) => i === 0 || axis > moved[i - 1]!) ? { permuted: input, shape: back } : null
}

function sink(patch: Patch, node: Node, perm: readonly number[], operands: readonly (Operand | undefined)[]): void {
  const inputs = operands.map((operand) => {
    if (operand === undefined || 'value' in operand) return operand?.value
    return patch.constant(node.graph, constantOf(operand.permuted)!.reshaped(operand.shape), operand.permuted.name)
  })
  const sunk = patch.insertBefore(node, {
    opType: node.opType,
    domain: node.domain,
    inputs,
    attributes: Object.fromEntries(node.attributes),
    from: [node],
  })
  const attributes: Record<string, Attribute> = { perm: attr.ints(perm) }
  const transposes = node.inputs.flatMap((input) => transposeOf(input, node) ?? [])
  const transpose = patch.insertBefore(node, {
    opType: 'Transpose',
    inputs: [sunk.outputs[0]],
    attributes,
    from: transposes,
  })
  patch.replaceNode(node, transpose.outputs[0]!)
}
