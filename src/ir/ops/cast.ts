import { dtypeOfNumber, dtypeOfOnnxName, isInteger } from '../dtype.js'
import { sameAxes } from './broadcast.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'
import { evaluateCast } from './evaluate.js'

export const cast = defineOp({
  type: 'Cast',
  signatures: {
    1: '(input: T1) -> (output: T2) {to!: string} T1: @numeric3|bool; T2: @numeric3|bool',
    6: '(input: T1) -> (output: T2) {to!: int} T1: @numeric3|bool; T2: @numeric3|bool',
    9: '(input: T1) -> (output: T2) {to!: int} T1: @numeric3|bool|string; T2: @numeric3|bool|string',
    13: '(input: T1) -> (output: T2) {to!: int} T1: @numeric4|bool|string; T2: @numeric4|bool|string',
    19: '(input: T1) -> (output: T2) {saturate: int = 1, to!: int} T1: @numeric4|@float8|bool|string; T2: @numeric4|@float8|bool|string',
    21: '(input: T1) -> (output: T2) {saturate: int = 1, to!: int} T1: @numeric4|@float8|bool|string|uint4|int4; T2: @numeric4|@float8|bool|string|uint4|int4',
    23: '(input: T1) -> (output: T2) {saturate: int = 1, to!: int} T1: @numeric4|@float8|string|bool|uint4|int4|float4e2m1; T2: @numeric4|@float8|string|bool|uint4|int4|float4e2m1',
    24: '(input: T1) -> (output: T2) {round_mode: string = "up", saturate: int = 1, to!: int} T1: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0; T2: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0',
    25: '(input: T1) -> (output: T2) {round_mode: string = "up", saturate: int = 1, to!: int} T1: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0|uint2|int2; T2: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0|uint2|int2',
  },
  traits: ['pointwise', 'unary', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [castTarget(c)],
  axes: sameAxes,
  content: castContent,
  evaluate: (c) => evaluateCast(c, castTarget(c)),
})

export const castLike = defineOp({
  type: 'CastLike',
  signatures: {
    15: '(input: T1, target_type: T2) -> (output: T2) T1: @numeric4|bool|string; T2: @numeric4|bool|string',
    19: '(input: T1, target_type: T2) -> (output: T2) {saturate: int = 1} T1: @numeric4|@float8|bool|string; T2: @numeric4|@float8|bool|string',
    21: '(input: T1, target_type: T2) -> (output: T2) {saturate: int = 1} T1: @numeric4|@float8|string|bool|uint4|int4; T2: @numeric4|@float8|string|bool|uint4|int4',
    23: '(input: T1, target_type: T2) -> (output: T2) {saturate: int = 1} T1: @numeric4|@float8|string|bool|uint4|int4|float4e2m1; T2: @numeric4|@float8|string|bool|uint4|int4|float4e2m1',
    24: '(input: T1, target_type: T2) -> (output: T2) {round_mode: string = "up", saturate: int = 1} T1: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0; T2: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0',
    25: '(input: T1, target_type: T2) -> (output: T2) {round_mode: string = "up", saturate: int = 1} T1: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0|uint2|int2; T2: @numeric4|@float8|string|bool|uint4|int4|float4e2m1|float8e8m0|uint2|int2',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.dtype(1)],
  axes: sameAxes,
  content: castContent,
})

export const bitCast = defineOp({
  type: 'BitCast',
  signatures: {
    26: '(input: T1) -> (output: T2) {to!: int} T1: @numeric4|@float8|bool|complex64|complex128|uint4|int4|float4e2m1|float8e8m0|uint2|int2; T2: @numeric4|@float8|bool|complex64|complex128|uint4|int4|float4e2m1|float8e8m0|uint2|int2',
  },
  dtypes: (c) => [castTarget(c)],
})

export const castOps = [cast, castLike, bitCast]

/** Opset 1 names the type; since 6 it is a number. */
function castTarget(c: OpContext) {
  const name = c.text('to')
  if (name !== undefined) return dtypeOfOnnxName(name.toLowerCase())
  const number = c.int('to')
  return number === undefined ? undefined : dtypeOfNumber(number)
}

/** Integers keep their value in 32 and 64 bits: contents are sizes. A float keeps small ones, yet contents stop there. */
function castContent(c: OpContext) {
  const to = c.node.opType === 'Cast' ? castTarget(c) : c.dtype(1)
  const content = c.content(0)
  if (content === undefined || to === undefined) return []
  if (to === 'int64' || to === 'int32') return [content]
  if (to === 'bool')
    return content.every((value) => typeof value === 'number') ? [content.map((value) => Number(value !== 0))] : []
  const fits = content.every((value) => typeof value === 'number' && value >= 0 && value < 128)
  return isInteger(to) && fits ? [content] : []
}
