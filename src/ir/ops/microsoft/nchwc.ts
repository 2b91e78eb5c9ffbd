import { defineOp } from '../define.js'

export const averagePool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'AveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, strides: ints} T: float',
  },
})

export const conv = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'Conv',
  signatures: {
    1: '(X: T, W: T, B?: T, Sum?: T) -> (Y: T) {activation: string, activation_params: floats, auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: float',
  },
})

export const globalAveragePool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'GlobalAveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) T: float',
  },
})

export const globalMaxPool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'GlobalMaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) T: float',
  },
})

export const maxPool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'MaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: float',
  },
})

export const reorderInput = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'ReorderInput',
  signatures: {
    1: '(X: T) -> (Y: T) {channels_last: int = 0} T: float',
  },
})

export const reorderOutput = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'ReorderOutput',
  signatures: {
    1: '(X: T) -> (Y: T) {channels: int = 0, channels_last: int = 0} T: float',
  },
})

export const upsample = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'Upsample',
  signatures: {
    1: '(X: T) -> (Y: T) {coordinate_transformation_mode: string = "asymmetric", mode: string = "nearest", scales: ints} T: float',
  },
})

export const microsoftNchwcOps = [
  averagePool,
  conv,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  reorderInput,
  reorderOutput,
  upsample,
]
