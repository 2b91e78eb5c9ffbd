import { mulDims, productOfDims } from '../dim.js'
import { axisNames } from './broadcast.js'
import {
  convolutionAxes,
  convolutionDims,
  convolutionMacs,
  convolutionWords,
  groupSizes,
  transposedConvolutionDims,
} from './convolution-shape.js'
import { defineOp } from './define.js'

export const conv = defineOp({
  type: 'Conv',
  signatures: {
    1: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
    11: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
    22: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float4',
  },
  traits: ['convolution', 'linear'],
  dims: (c) => [convolutionDims(c, 0, 1)],
  macs: (c) => convolutionMacs(c, 1),
  axes: convolutionWords,
  sizes: (c) => groupSizes(convolutionAxes(c)?.group),
})

export const convTranspose = defineOp({
  type: 'ConvTranspose',
  signatures: {
    1: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, output_shape: ints, pads: ints, strides: ints} T: @float3',
    11: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, output_shape: ints, pads: ints, strides: ints} T: @float3',
    22: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, output_shape: ints, pads: ints, strides: ints} T: @float4',
  },
  traits: ['convolution', 'linear'],
  dims: (c) => [transposedConvolutionDims(c)],
  macs: (c) => {
    const [x, w] = [c.dims(0), c.dims(1)]
    return x === undefined || w === undefined ? undefined : mulDims(productOfDims(x), productOfDims(w.slice(1)))
  },
  axes: (c) => {
    const rank = c.rank(0)
    if (rank === undefined || rank < 3) return null
    const spatial = axisNames(rank - 2, 7)
    const taps = spatial.map((_, i) => `k${i}!`).join(' ')
    const grouped = (c.int('group') ?? 1) > 1
    const bias = c.hasInput(2) ? (grouped ? ', (g o)' : ', o') : ''
    const before = spatial.map((name) => `${name}!`).join(' ')
    const after = spatial.map((name) => `${name}o`).join(' ')
    const [x, y] = grouped ? ['(g c)', '(g o)'] : ['c', 'o']
    return `n ${x} ${before}, ${x} o ${taps}${bias} -> n ${y} ${after}`
  },
  sizes: (c) => groupSizes((c.int('group') ?? 1) > 1 ? 'g' : undefined),
})

export const deformConv = defineOp({
  type: 'DeformConv',
  signatures: {
    19: '(X: T, W: T, offset: T, B?: T, mask?: T) -> (Y: T) {dilations: ints, group: int = 1, kernel_shape: ints, offset_group: int = 1, pads: ints, strides: ints} T: @float3',
    22: '(X: T, W: T, offset: T, B?: T, mask?: T) -> (Y: T) {dilations: ints, group: int = 1, kernel_shape: ints, offset_group: int = 1, pads: ints, strides: ints} T: @float4',
  },
  traits: ['convolution'],
  dims: (c) => [convolutionDims(c, 0, 1)],
  macs: (c) => convolutionMacs(c, 1),
})

export const causalConvWithState = defineOp({
  type: 'CausalConvWithState',
  signatures: {
    27: '(input: T, weight: T, bias?: T, past_state?: T) -> (output: T, present_state: T) {activation: string = "none"} T: float|float16|bfloat16',
  },
})

export const convolutionOps = [conv, convTranspose, deformConv, causalConvWithState]
