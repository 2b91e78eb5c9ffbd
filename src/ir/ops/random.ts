import { unknownDim } from '../dim.js'
import { dtypeOfNumber } from '../dtype.js'
import { defineOp } from './define.js'

export const randomNormal = defineOp({
  type: 'RandomNormal',
  signatures: {
    1: '() -> (output: T) {dtype: int = 1, mean: float = 0.0, scale: float = 1.0, seed: float, shape!: ints} T: @float3',
    22: '() -> (output: T) {dtype: int = 1, mean: float = 0.0, scale: float = 1.0, seed: float, shape!: ints} T: @float4',
  },
  traits: ['random'],
  dims: (c) => [c.ints('shape')],
  dtypes: (c) => [c.int('dtype') === undefined ? 'float32' : dtypeOfNumber(c.int('dtype')!)],
})

export const randomNormalLike = defineOp({
  type: 'RandomNormalLike',
  signatures: {
    1: '(input: T1) -> (output: T2) {dtype: int, mean: float = 0.0, scale: float = 1.0, seed: float} T1: @ir3; T2: @float3',
    22: '(input: T1) -> (output: T2) {dtype: int, mean: float = 0.0, scale: float = 1.0, seed: float} T1: @ir4; T2: @float4',
  },
  traits: ['random'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.int('dtype') === undefined ? c.dtype(0) : dtypeOfNumber(c.int('dtype')!)],
})

export const randomUniform = defineOp({
  type: 'RandomUniform',
  signatures: {
    1: '() -> (output: T) {dtype: int = 1, high: float = 1.0, low: float = 0.0, seed: float, shape!: ints} T: @float3',
    22: '() -> (output: T) {dtype: int = 1, high: float = 1.0, low: float = 0.0, seed: float, shape!: ints} T: @float4',
  },
  traits: ['random'],
  dims: (c) => [c.ints('shape')],
  dtypes: (c) => [c.int('dtype') === undefined ? 'float32' : dtypeOfNumber(c.int('dtype')!)],
})

export const randomUniformLike = defineOp({
  type: 'RandomUniformLike',
  signatures: {
    1: '(input: T1) -> (output: T2) {dtype: int, high: float = 1.0, low: float = 0.0, seed: float} T1: @ir3; T2: @float3',
    22: '(input: T1) -> (output: T2) {dtype: int, high: float = 1.0, low: float = 0.0, seed: float} T1: @ir4; T2: @float4',
  },
  traits: ['random'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.int('dtype') === undefined ? c.dtype(0) : dtypeOfNumber(c.int('dtype')!)],
})

export const bernoulli = defineOp({
  type: 'Bernoulli',
  signatures: {
    15: '(input: T1) -> (output: T2) {dtype: int, seed: float} T1: @float3; T2: @numeric4|bool',
    22: '(input: T1) -> (output: T2) {dtype: int, seed: float} T1: @float4; T2: @numeric4|bool',
  },
  traits: ['random'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.int('dtype') === undefined ? c.dtype(0) : dtypeOfNumber(c.int('dtype')!)],
})

export const multinomial = defineOp({
  type: 'Multinomial',
  signatures: {
    7: '(input: T1) -> (output: T2) {dtype: int = 6, sample_size: int = 1, seed: float} T1: @float3; T2: int32|int64',
    22: '(input: T1) -> (output: T2) {dtype: int = 6, sample_size: int = 1, seed: float} T1: @float4; T2: int32|int64',
  },
  traits: ['random'],
  dims: (c) => [[c.dims(0)?.[0] ?? unknownDim(), c.int('sample_size') ?? 1]],
  dtypes: (c) => [c.int('dtype') === undefined ? 'int32' : dtypeOfNumber(c.int('dtype')!)],
})

export const randomOps = [randomNormal, randomNormalLike, randomUniform, randomUniformLike, bernoulli, multinomial]
