import { constantOf } from '../../ir/constant.js'
import type { Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { definePass } from '../define.js'

/** Larger states are not looked through for zeros. Elements. */
const scanLimit = 1 << 20

/** An initial state of zeros is what LSTM, GRU and RNN start from when none is given: exporters compute it from shapes. */
export const dropZeroState = definePass({
  id: 'drop-zero-state',
  kind: 'exact',
  rule: 'LSTM(x, w, r, b, , 0, 0) = LSTM(x, w, r, b)',
  example: ['y = LSTM(x, w, r, b, , ConstantOfShape<0>(s), ConstantOfShape<0>(s))', 'y = LSTM(x, w, r, b)'],
  match(node) {
    if (node.domain !== '' || contextOf(node)?.resolved.op.traits.includes('recurrent') !== true) return null
    const zeros = [5, 6].filter((i) => node.inputs[i] !== undefined && isZero(node.inputs[i]!))
    if (zeros.length === 0) return null
    return (patch) => {
      for (const i of zeros) patch.setInput(node, i, undefined)
    }
  },
})

/** A constant of zeros, or zeros of a computed shape, through views and Expand. */
function isZero(value: Value): boolean {
  const tensor = constantOf(value)
  if (tensor !== undefined)
    return tensor.size <= scanLimit && Array.from(tensor.numbers()).every((element) => element === 0)
  const node = value.producer
  if (node === undefined || node.hasReferences) return false
  if (node.is('ConstantOfShape')) {
    const fill = node.tensor('value')
    return fill === undefined || fill.numbers()[0] === 0
  }
  const copies = contextOf(node)?.resolved.op.traits.includes('movement') === true && node.inputs[0] !== undefined
  return copies && !node.is('Concat') && isZero(node.inputs[0]!)
}
