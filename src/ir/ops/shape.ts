import { defineOp } from './define.js'

export const shape = defineOp({
  type: 'Shape',
  signatures: {
    1: '(data: T) -> (shape: T1) T: @ir3; T1: int64',
    13: '(data: T) -> (shape: T1) T: @ir4; T1: int64',
    15: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir4; T1: int64',
    19: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir9; T1: int64',
    21: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir10; T1: int64',
    23: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir11; T1: int64',
    24: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir12; T1: int64',
    25: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir13; T1: int64',
  },
})

export const size = defineOp({
  type: 'Size',
  signatures: {
    1: '(data: T) -> (size: T1) T: @ir3; T1: int64',
    13: '(data: T) -> (size: T1) T: @ir4; T1: int64',
    19: '(data: T) -> (size: T1) T: @ir9; T1: int64',
    21: '(data: T) -> (size: T1) T: @ir10; T1: int64',
    23: '(data: T) -> (size: T1) T: @ir11; T1: int64',
    24: '(data: T) -> (size: T1) T: @ir12; T1: int64',
    25: '(data: T) -> (size: T1) T: @ir13; T1: int64',
  },
})

export const reshape = defineOp({
  type: 'Reshape',
  signatures: {
    1: '(data: T) -> (reshaped: T) {consumed_inputs: ints, shape: ints} T: @float3',
    5: '(data: T, shape: int64) -> (reshaped: T) T: @ir3',
    13: '(data: T, shape: int64) -> (reshaped: T) T: @ir4',
    14: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir4',
    19: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir9',
    21: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir10',
    23: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir11',
    24: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir12',
    25: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir13',
  },
})

export const flatten = defineOp({
  type: 'Flatten',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    9: '(input: T) -> (output: T) {axis: int = 1} T: @ir3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @ir3',
    13: '(input: T) -> (output: T) {axis: int = 1} T: @ir4',
    21: '(input: T) -> (output: T) {axis: int = 1} T: @ir10',
    23: '(input: T) -> (output: T) {axis: int = 1} T: @ir11',
    24: '(input: T) -> (output: T) {axis: int = 1} T: @ir12',
    25: '(input: T) -> (output: T) {axis: int = 1} T: @ir13',
  },
})

export const squeeze = defineOp({
  type: 'Squeeze',
  signatures: {
    1: '(data: T) -> (squeezed: T) {axes: ints} T: @ir3',
    11: '(data: T) -> (squeezed: T) {axes: ints} T: @ir3',
    13: '(data: T, axes?: int64) -> (squeezed: T) T: @ir4',
    21: '(data: T, axes?: int64) -> (squeezed: T) T: @ir10',
    23: '(data: T, axes?: int64) -> (squeezed: T) T: @ir11',
    24: '(data: T, axes?: int64) -> (squeezed: T) T: @ir12',
    25: '(data: T, axes?: int64) -> (squeezed: T) T: @ir13',
  },
})

export const unsqueeze = defineOp({
  type: 'Unsqueeze',
  signatures: {
    1: '(data: T) -> (expanded: T) {axes!: ints} T: @ir3',
    11: '(data: T) -> (expanded: T) {axes!: ints} T: @ir3',
    13: '(data: T, axes: int64) -> (expanded: T) T: @ir4',
    21: '(data: T, axes: int64) -> (expanded: T) T: @ir10',
    23: '(data: T, axes: int64) -> (expanded: T) T: @ir11',
    24: '(data: T, axes: int64) -> (expanded: T) T: @ir12',
    25: '(data: T, axes: int64) -> (expanded: T) T: @ir13',
  },
})

export const identity = defineOp({
  type: 'Identity',
  signatures: {
    1: '(input: T) -> (output: T) T: @ir3',
    13: '(input: T) -> (output: T) T: @ir4',
    14: '(input: V) -> (output: V) V: @ir4|seq(@ir3)',
    16: '(input: V) -> (output: V) V: @ir4|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    19: '(input: V) -> (output: V) V: @ir9|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    21: '(input: V) -> (output: V) V: @ir10|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    23: '(input: V) -> (output: V) V: @ir11|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    24: '(input: V) -> (output: V) V: @ir12|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    25: '(input: V) -> (output: V) V: @ir13|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
  },
})

export const transpose = defineOp({
  type: 'Transpose',
  signatures: {
    1: '(data: T) -> (transposed: T) {perm: ints} T: @ir3',
    13: '(data: T) -> (transposed: T) {perm: ints} T: @ir4',
    21: '(data: T) -> (transposed: T) {perm: ints} T: @ir10',
    23: '(data: T) -> (transposed: T) {perm: ints} T: @ir11',
    24: '(data: T) -> (transposed: T) {perm: ints} T: @ir12',
    25: '(data: T) -> (transposed: T) {perm: ints} T: @ir13',
  },
})

export const shapeOps = [shape, size, reshape, flatten, squeeze, unsqueeze, identity, transpose]
