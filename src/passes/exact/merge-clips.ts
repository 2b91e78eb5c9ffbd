import type { DType } from '../../ir/dtype.js'
import type { Node } from '../../ir/graph.js'
import { attr, type Patch } from '../../ir/patch.js'
import { numberToFloat16, Tensor } from '../../ir/tensor.js'
import { dtypeOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'
import { clampBounds } from './scalar-constant.js'

/** clip(clip(x, a, b), c, d) = clip(x, clip(a, c, d), clip(b, c, d)) when a <= b and c <= d; Relu is clip(x, 0, inf). */
export const mergeClips = definePass({
  id: 'merge-clips',
  kind: 'exact',
  rule: 'Clip(Clip(x, a, b), c, d) = Clip(x, clip(a, c, d), clip(b, c, d)); Relu = Clip(x, 0, inf)',
  example: ['y = Clip(Relu(x), 0, 6)', 'y = Clip(x, 0, 6)'],
  roots: ['Clip', 'Relu'],
  match(node) {
    const input = node.inputs[0]
    const inner = input?.producer
    const source = inner?.inputs[0]
    if (inner === undefined || source === undefined || !(inner.is('Clip') || inner.is('Relu'))) return null
    const first = clampBounds(inner)
    const second = clampBounds(node)
    if (first === undefined || second === undefined) return skip('bounds-not-constant', node, 'none')
    if (node.is('Relu') && inner.is('Relu')) return null
    const dtype = dtypeOf(source.type) ?? dtypeOf(node.outputs[0]?.type)
    if (dtype !== 'float32' && dtype !== 'float16' && dtype !== 'float64') return null
    if (input!.soleUser !== node || first[0] > first[1] || second[0] > second[1]) return null
    const clip = (value: number) => Math.min(Math.max(value, second[0]), second[1])
    const bounds = [clip(first[0]), clip(first[1])] as const
    return (patch) => {
      const merged = clipNode(patch, node, inner, bounds, dtype)
      patch.replaceNode(node, merged.outputs[0]!)
    }
  },
})

/** A Clip in the form of the node's opset: attributes before 11, inputs since. */
function clipNode(patch: Patch, node: Node, inner: Node, [low, high]: readonly [number, number], dtype: DType): Node {
  const source = inner.inputs[0]!
  const from = [node, inner]
  if (low === 0 && high === Number.POSITIVE_INFINITY)
    return patch.insertBefore(node, { opType: 'Relu', inputs: [source], from })
  if ((node.graph.opsets.get('') ?? 0) < 11) {
    const attributes = {
      ...(Number.isFinite(low) && { min: attr.float(low) }),
      ...(Number.isFinite(high) && { max: attr.float(high) }),
    }
    return patch.insertBefore(node, { opType: 'Clip', inputs: [source], attributes, from })
  }
  const scalar = (value: number, name: string) =>
    Number.isFinite(value)
      ? patch.constant(node.graph, scalarOf(dtype, value), `${node.outputs[0]!.name}_${name}`)
      : undefined
  return patch.insertBefore(node, { opType: 'Clip', inputs: [source, scalar(low, 'min'), scalar(high, 'max')], from })
}

function scalarOf(dtype: DType, value: number): Tensor {
  if (dtype === 'float64') return Tensor.fromArray('float64', [], Float64Array.of(value))
  if (dtype === 'float32') return Tensor.float32([value], [])
  return Tensor.fromArray('float16', [], Uint16Array.of(numberToFloat16(value)))
}
