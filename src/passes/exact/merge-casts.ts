import type { DType } from '../../ir/dtype.js'
import { isFloat } from '../../ir/dtype.js'
import { dtypeOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'

/** Dtypes that hold every value of the key. */
const widerThan = new Map<DType, readonly DType[]>([
  ['bool', ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float16', 'float32', 'float64']],
  ['uint8', ['uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float16', 'float32', 'float64']],
  ['int8', ['int16', 'int32', 'int64', 'float16', 'float32', 'float64']],
  ['uint16', ['uint32', 'int32', 'uint64', 'int64', 'float32', 'float64']],
  ['int16', ['int32', 'int64', 'float32', 'float64']],
  ['uint32', ['uint64', 'int64', 'float64']],
  ['int32', ['int64', 'float64']],
  ['float16', ['float32', 'float64']],
  ['bfloat16', ['float32', 'float64']],
  ['float32', ['float64']],
])

/**
 * Cast(Cast(x: T, U), V) = Cast(x, V) when U holds every value of T. From float to integer the runtime's behaviour out of
 * range depends on the type it starts from, so those stay.
 */
export const mergeCasts = definePass({
  id: 'merge-casts',
  kind: 'exact',
  rule: 'Cast(Cast(x: T, U), V) = Cast(x, V) when U holds every T',
  example: ['y = Cast<to=int64>(Cast<to=int32>(x))  # x is bool', 'y = Cast<to=int64>(x)'],
  roots: ['Cast'],
  match(node) {
    const inner = node.inputs[0]?.producer
    const source = inner?.inputs[0]
    if (inner === undefined || source === undefined || !inner.is('Cast') || !node.is('Cast')) return null
    const from = dtypeOf(source.type)
    const via = dtypeOf(inner.outputs[0]?.type)
    const to = dtypeOf(node.outputs[0]?.type)
    if (from === undefined || via === undefined || to === undefined) return null
    if (!widerThan.get(from)?.includes(via))
      return skip('narrowing-cast', node, 'none: the inner cast may change values')
    if (isFloat(from) && !isFloat(to)) return null
    return (patch) => {
      patch.absorb(node, inner)
      patch.setInput(node, 0, source)
    }
  },
})
