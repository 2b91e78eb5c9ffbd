import { defineOp } from './define.js'

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
})

export const bitCast = defineOp({
  type: 'BitCast',
  signatures: {
    26: '(input: T1) -> (output: T2) {to!: int} T1: @numeric4|@float8|bool|complex64|complex128|uint4|int4|float4e2m1|float8e8m0|uint2|int2; T2: @numeric4|@float8|bool|complex64|complex128|uint4|int4|float4e2m1|float8e8m0|uint2|int2',
  },
})

export const castOps = [cast, castLike, bitCast]
