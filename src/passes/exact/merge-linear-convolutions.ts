import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { slidingWindow } from '../../ir/ops/sliding-window.js'
import { attr } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'
import { allFinite, fromDoubles, isWritable, toDoubles } from '../weights.js'

/**
 * Two convolutions in a row without anything between are one: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). Exact when one
 * of them is 1x1 with stride 1; a 1x1 in front of a padded one only without bias, since the border sees zeros, not b1.
 * Worth it or not is for the target to say: one dense convolution may have many times the MACs of a depthwise and a
 * pointwise one.
 */
export const mergeLinearConvolutions = definePass({
  id: 'merge-linear-convolutions',
  kind: 'rounding',
  rule: 'W2 * (W1 * x + b1) + b2 = (W2 W1) * x + (W2 b1 + b2), one of them 1x1 with stride 1',
  example: ['y = Conv(Conv<group=c>(x, w1), w2)  # w2 is 1x1', 'y = Conv(x, w)'],
  roots: ['Conv'],
  match(node, { isCheaper }) {
    const between = node.inputs[0]
    const first = between?.producer
    if (
      first === undefined ||
      isCheaper === undefined ||
      !first.is('Conv') ||
      !node.is('Conv') ||
      first.graph !== node.graph
    )
      return null
    if (between!.soleUser !== node) return null
    const [a, b] = [layerOf(first), layerOf(node)]
    const out = dimsOf(node.outputs[0]?.type)
    if (a === undefined || b === undefined || out === undefined) return null
    const pointwise = b.isPointwise ? 'second' : a.isPointwise ? 'first' : undefined
    if (pointwise === undefined) return null
    if (pointwise === 'first' && a.hasBias && b.isPadded)
      return skip('padding-shows-bias', node, 'none: at the border the second one sees zeros')
    const window = pointwise === 'second' ? a : b
    const outDims = out.map((dim) => (isStatic(dim) ? dim : 1))
    const shape = {
      inChannels: a.inChannels,
      outChannels: b.outChannels,
      group: 1,
      kernel: window.kernel,
      strides: window.strides,
      outDims,
    }
    if (!isCheaper([first, node], shape)) return null
    const merged = product(a, b, pointwise)
    const dims = [b.outChannels, a.inChannels, ...window.kernel]
    const weight = fromDoubles(a.weight.dtype, dims, merged.weight)
    const bias = fromDoubles(a.weight.dtype, [b.outChannels], merged.bias)
    if (!allFinite(weight) || !allFinite(bias))
      return skip('overflow', node, 'none: the product does not fit its dtype')
    const source = pointwise === 'second' ? first : node
    return (patch) => {
      const name = node.inputs[1]!.name
      const attributes = Object.fromEntries([
        ...source.attributes,
        ['group', attr.int(1)],
        ['kernel_shape', attr.ints(window.kernel)],
      ])
      const inputs = [
        first.inputs[0],
        patch.constant(node.graph, weight, name),
        patch.constant(node.graph, bias, `${name}_bias`),
      ]
      patch.replaceNode(
        node,
        patch.insertBefore(node, { opType: 'Conv', inputs, attributes, from: [node, first] }).outputs[0]!,
      )
    }
  },
})

interface Layer {
  readonly weight: Tensor
  readonly bias: Float64Array
  readonly hasBias: boolean
  readonly inChannels: number
  readonly outChannels: number
  readonly group: number
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly isPointwise: boolean
  readonly isPadded: boolean
}

function layerOf(node: Node): Layer | undefined {
  const weight = constantOf(node.inputs[1])
  const found = contextOf(node)
  if (weight === undefined || found === undefined || weight.rank < 3 || !isWritable(weight.dtype)) return undefined
  const kernel = weight.dims.slice(2)
  const window = slidingWindow(found.context, [...kernel])
  const biasTensor = constantOf(node.inputs[2])
  if (window?.pads === undefined || (node.inputs[2] !== undefined && biasTensor === undefined)) return undefined
  const bias = biasTensor === undefined ? new Float64Array(weight.dims[0]!) : toDoubles(biasTensor)
  const group = found.context.int('group') ?? 1
  if (bias === undefined) return undefined
  const isPadded = [...window.pads.begin, ...window.pads.end].some((pad) => pad !== 0)
  const isOne = [...kernel, ...window.strides].every((size) => size === 1)
  return {
    weight,
    bias,
    hasBias: bias.some((value) => value !== 0),
    inChannels: weight.dims[1]! * group,
    outChannels: weight.dims[0]!,
    group,
    kernel,
    strides: window.strides,
    isPointwise: isOne && !isPadded,
    isPadded,
  }
}

/** Dense weight [M2, C, k...] of the two, and bias [M2]. The 1x1 one mixes channels at every tap of the other. */
function product(a: Layer, b: Layer, pointwise: 'first' | 'second') {
  const taps = (pointwise === 'second' ? a : b).kernel.reduce((all, size) => all * size, 1)
  const [wa, wb] = [toDoubles(a.weight)!, toDoubles(b.weight)!]
  const weight = new Float64Array(b.outChannels * a.inChannels * taps)
  const bias = Float64Array.from(b.bias)
  const [outA, outB] = [a.outChannels / a.group, b.outChannels / b.group]
  const [inA, inB] = [a.inChannels / a.group, b.inChannels / b.group]
  const [tapsA, tapsB] = pointwise === 'second' ? [taps, 1] : [1, taps]
  for (let m = 0; m < b.outChannels; m++) {
    const groupB = Math.floor(m / outB)
    for (let i = 0; i < inB; i++) {
      const middle = groupB * inB + i
      const groupA = Math.floor(middle / outA)
      for (let kb = 0; kb < tapsB; kb++) {
        const factor = wb[(m * inB + i) * tapsB + kb]!
        bias[m]! += factor * a.bias[middle]!
        for (let c = 0; c < inA; c++) {
          for (let ka = 0; ka < tapsA; ka++) {
            const at = (m * a.inChannels + groupA * inA + c) * taps + ka + kb
            weight[at]! += factor * wa[(middle * inA + c) * tapsA + ka]!
          }
        }
      }
    }
  }
  return { weight, bias }
}
