import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'

/** The value of a constant with one element. */
export function scalarOf(value: Value | undefined): number | undefined {
  const tensor = constantOf(value)
  return tensor?.size === 1 && tensor.dtype !== 'string' ? tensor.numbers()[0] : undefined
}

/**
 * A binary node taken apart into its computed operand and a scalar constant, whichever side it stands on. A constant such as
 * [1, 1, 1] that gives the operand further axes is no scalar.
 */
export function withScalar(
  node: Node | undefined,
  opType: string,
): { readonly data: Value; readonly scalar: number; readonly isReversed: boolean } | undefined {
  if (node === undefined || !node.is(opType) || node.attributes.size > 0) return undefined
  const [left, right] = node.inputs
  if (left === undefined || right === undefined) return undefined
  const [a, b] = [scalarOf(left), scalarOf(right)]
  if ((a === undefined) === (b === undefined)) return undefined
  const [data, constant] = a === undefined ? [left, right] : [right, left]
  return keepsRank(constant, data) ? { data, scalar: (a ?? b)!, isReversed: a !== undefined } : undefined
}

/** Whether broadcasting the constant against the operand leaves the operand's rank. */
export function keepsRank(constant: Value, data: Value): boolean {
  const rank = constantOf(constant)?.rank
  return rank === 0 || (rank !== undefined && rank <= (dimsOf(data.type)?.length ?? 0))
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

/** The same of a Relu too. */
export const clampBounds = (node: Node | undefined): readonly [number, number] | undefined =>
  node?.is('Relu') === true ? [0, Number.POSITIVE_INFINITY] : clipBounds(node)

/** float32 or float16: formulas in these are recognised. */
export const isFloat = (value: Value | undefined): boolean => {
  const dtype = dtypeOf(value?.type)
  return dtype === 'float32' || dtype === 'float16'
}

/** Constants are written with as few as five digits. */
const tolerance = 1e-5
/** Half a step of float16, relative. */
const halfStep = 2 ** -11

/** Whether a constant next to `x` is `expected`, written with other digits or rounded to the dtype of x. */
export const isAbout = (actual: number, expected: number, x?: Value): boolean =>
  Math.abs(actual - expected) <= (dtypeOf(x?.type) === 'float16' ? halfStep : tolerance) * Math.abs(expected)
