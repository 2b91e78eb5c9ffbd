import { defineOp } from './define.js'

export const constant = defineOp({
  type: 'Constant',
  signatures: {
    1: '() -> (output: T) {value!: tensor} T: @float3',
    9: '() -> (output: T) {value!: tensor} T: @ir3',
    11: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor} T: @ir3',
    12: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir3',
    13: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir4',
    19: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir9',
    21: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir10',
    23: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir11',
    24: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir12',
    25: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir13',
  },
})

export const constantOfShape = defineOp({
  type: 'ConstantOfShape',
  signatures: {
    9: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric3|bool',
    20: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|bool',
    21: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool',
    23: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool|float4e2m1',
    24: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool|float4e2m1|float8e8m0',
    25: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool|float4e2m1|float8e8m0|uint2|int2',
  },
})

export const eyeLike = defineOp({
  type: 'EyeLike',
  signatures: {
    9: '(input: T1) -> (output: T2) {dtype: int, k: int = 0} T1: @numeric3|bool; T2: @numeric3|bool',
    22: '(input: T1) -> (output: T2) {dtype: int, k: int = 0} T1: @numeric4|bool; T2: @numeric4|bool',
  },
})

export const range = defineOp({
  type: 'Range',
  signatures: {
    11: '(start: T, limit: T, delta: T) -> (output: T) T: float|double|int16|int32|int64',
    27: '(start: T, limit: T, delta: T) -> (output: T) {stash_type: int = 1} T: @float4|int16|int32|int64',
  },
})

export const constantOps = [constant, constantOfShape, eyeLike, range]
