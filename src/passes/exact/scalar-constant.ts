import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { dtypeOf } from '../../ir/type.js'

/** The value of a constant with one element. */
export function scalarOf(value: Value | undefined): number | undefined {
  const tensor = constantOf(value)
  return tensor?.size === 1 && tensor.dtype !== 'string' ? tensor.numbers()[0] : undefined
}

/** A binary node taken apart into its computed operand and a scalar constant, whichever side it stands on. */
export function withScalar(
  node: Node | undefined,
  opType: string,
): { readonly data: Value; readonly scalar: number; readonly isReversed: boolean } | undefined {
  if (node === undefined || !node.is(opType) || node.attributes.size > 0) return undefined
  const [left, right] = node.inputs
  const b = scalarOf(right)
  if (left !== undefined && b !== undefined && scalarOf(left) === undefined)
    return { data: left, scalar: b, isReversed: false }
  const a = scalarOf(left)
  return right !== undefined && a !== undefined && b === undefined
    ? { data: right, scalar: a, isReversed: true }
    : undefined
}

/** Bounds of a Clip with constant bounds; infinite where there is none. */
export function clipBounds(node: Node | undefined): readonly [number, number] | undefined {
  if (node === undefined || !node.is('Clip')) return undefined
  if ((node.graph.opsets.get('') ?? 0) < 11) {
    return [node.float('min', Number.NEGATIVE_INFINITY), node.float('max', Number.POSITIVE_INFINITY)]
  }
  const low = node.inputs[1] === undefined ? Number.NEGATIVE_INFINITY : scalarOf(node.inputs[1])
  const high = node.inputs[2] === undefined ? Number.POSITIVE_INFINITY : scalarOf(node.inputs[2])
  return low === undefined || high === undefined ? undefined : [low, high]
}

export const isFloat32 = (value: Value | undefined): boolean => dtypeOf(value?.type) === 'float32'

/** Near enough to be the same constant written with other digits. */
export const isAbout = (value: number, expected: number): boolean =>
  Math.abs(value - expected) <= 1e-6 * Math.max(1, Math.abs(expected))
