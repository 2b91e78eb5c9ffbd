import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { definePass } from '../define.js'
import { allFinite, fromDoubles, isWritable } from '../weights.js'
import { geluOf } from './recognise-gelu.js'

/** x + a - b = x + (a - b), x * a / b = x * (a / b) for constants that are scalar or equally shaped. */
export const mergeConstantOperands = definePass({
  id: 'merge-constant-operands',
  kind: 'rounding',
  rule: '(x + a) - b = x + (a - b); (x * a) / b = x * (a / b)',
  example: ['y = Mul(Mul(x, 2), 3)', 'y = Mul(x, 6)'],
  roots: ['Add', 'Sub', 'Mul', 'Div'],
  match(node) {
    const outer = stepOf(node)
    const inner = outer?.data.soleUser === node ? stepOf(outer.data.producer) : undefined
    if (outer === undefined || inner === undefined || outer.opType !== inner.opType) return null
    const before = outer.data.producer!
    // Below opset 20 runtimes know a Gelu by its formula, the number at its end included.
    if (geluOf(before) !== undefined) return null
    const merged = before.graph === node.graph ? merge(inner, outer) : undefined
    if (merged === undefined) return null
    return (patch) => {
      const inputs = [inner.data, patch.constant(node.graph, merged, outer.constant.name)]
      const joined = patch.insertBefore(node, { opType: outer.opType, inputs, from: [node, before] })
      patch.replaceNode(node, joined.outputs[0]!)
    }
  },
})

/** A node as one step x + c or x * c; Sub and Div are those with the inverse. */
interface Step {
  readonly opType: 'Add' | 'Mul'
  readonly isInverse: boolean
  readonly data: Value
  readonly constant: Value
  readonly tensor: Tensor
}

const steps = new Map<string, { readonly opType: Step['opType']; readonly isInverse: boolean }>([
  ['Add', { opType: 'Add', isInverse: false }],
  ['Sub', { opType: 'Add', isInverse: true }],
  ['Mul', { opType: 'Mul', isInverse: false }],
  ['Div', { opType: 'Mul', isInverse: true }],
])

function stepOf(node: Node | undefined): Step | undefined {
  const step = node?.domain === '' ? steps.get(node.opType) : undefined
  const [left, right] = node?.inputs ?? []
  if (step === undefined || left === undefined || right === undefined || node!.attributes.size > 0) return undefined
  if ((node!.graph.opsets.get('') ?? 0) < 7) return undefined
  const [a, b] = [constantOf(left), constantOf(right)]
  if (a === undefined && b !== undefined) return { ...step, data: left, constant: right, tensor: b }
  if (a === undefined || b !== undefined || step.isInverse) return undefined
  return { ...step, data: right, constant: left, tensor: a }
}

/** One constant that does what both do; undefined where none fits, or where it would leave the dtype's range. */
function merge(inner: Step, outer: Step): Tensor | undefined {
  const [a, b] = [inner.tensor, outer.tensor]
  if (a.dtype !== b.dtype || !isWritable(a.dtype)) return undefined
  if (a.size !== 1 && b.size !== 1 && a.dims.join() !== b.dims.join()) return undefined
  const large = a.rank > b.rank || (a.rank === b.rank && a.size >= b.size) ? a : b
  if (large.size < Math.max(a.size, b.size)) return undefined
  const isSum = outer.opType === 'Add'
  const [x, y] = [a.numbers(), b.numbers()]
  const term = (value: number, { isInverse }: Step) => (isInverse ? (isSum ? -value : 1 / value) : value)
  const values = Float64Array.from({ length: large.size }, (_, i) => {
    const [p, q] = [term(x[a.size === 1 ? 0 : i]!, inner), term(y[b.size === 1 ? 0 : i]!, outer)]
    return isSum ? p + q : p * q
  })
  const merged = fromDoubles(large.dtype, large.dims, values)
  // A factor that rounds to zero, or next to it, is no longer the product.
  const numbers = merged.numbers()
  const isLost = !isSum && values.some((value, i) => Math.abs(numbers[i]! / value - 1) > 2 ** -10)
  return allFinite(merged) && !isLost ? merged : undefined
}
