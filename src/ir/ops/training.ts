import { defineOp } from './define.js'

export const adagrad = defineOp({
  domain: 'ai.onnx.preview.training',
  type: 'Adagrad',
  signatures: {
    1: '(R: T1, T: T2, ...~inputs: T3) -> (...~outputs: T3) {decay_factor: float = 0.0, epsilon: float = 1e-06, norm_coefficient: float = 0.0} T1: float|double; T2: int64; T3: float|double',
  },
})

export const adam = defineOp({
  domain: 'ai.onnx.preview.training',
  type: 'Adam',
  signatures: {
    1: '(R: T1, T: T2, ...~inputs: T3) -> (...~outputs: T3) {alpha: float = 0.9, beta: float = 0.999, epsilon: float = 1e-06, norm_coefficient: float = 0.0, norm_coefficient_post: float = 0.0} T1: float|double; T2: int64; T3: float|double',
  },
})

export const gradient = defineOp({
  domain: 'ai.onnx.preview.training',
  type: 'Gradient',
  signatures: {
    1: '(...~Inputs: T1) -> (...~Outputs: T2) {xs!: strings, y!: string, zs: strings} T1: @ir3; T2: @float3',
  },
})

export const momentum = defineOp({
  domain: 'ai.onnx.preview.training',
  type: 'Momentum',
  signatures: {
    1: '(R: T1, T: T2, ...~inputs: T3) -> (...~outputs: T3) {alpha!: float, beta!: float, mode!: string, norm_coefficient!: float} T1: float|double; T2: int64; T3: float|double',
  },
})

export const trainingOps = [adagrad, adam, gradient, momentum]
