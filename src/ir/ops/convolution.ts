import { defineOp } from './define.js'

export const conv = defineOp({
  type: 'Conv',
  signatures: {
    1: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
    11: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
    22: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float4',
  },
})

export const convTranspose = defineOp({
  type: 'ConvTranspose',
  signatures: {
    1: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, output_shape: ints, pads: ints, strides: ints} T: @float3',
    11: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, output_shape: ints, pads: ints, strides: ints} T: @float3',
    22: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, output_shape: ints, pads: ints, strides: ints} T: @float4',
  },
})

export const deformConv = defineOp({
  type: 'DeformConv',
  signatures: {
    19: '(X: T, W: T, offset: T, B?: T, mask?: T) -> (Y: T) {dilations: ints, group: int = 1, kernel_shape: ints, offset_group: int = 1, pads: ints, strides: ints} T: @float3',
    22: '(X: T, W: T, offset: T, B?: T, mask?: T) -> (Y: T) {dilations: ints, group: int = 1, kernel_shape: ints, offset_group: int = 1, pads: ints, strides: ints} T: @float4',
  },
})

export const causalConvWithState = defineOp({
  type: 'CausalConvWithState',
  signatures: {
    27: '(input: T, weight: T, bias?: T, past_state?: T) -> (output: T, present_state: T) {activation: string = "none"} T: float|float16|bfloat16',
  },
})

export const convolutionOps = [conv, convTranspose, deformConv, causalConvWithState]
