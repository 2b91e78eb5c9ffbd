import { defineOp } from './define.js'

export const concat = defineOp({
  type: 'Concat',
  signatures: {
    1: '(...inputs: T) -> (concat_result: T) {axis: int} T: @float3',
    4: '(...inputs: T) -> (concat_result: T) {axis!: int} T: @ir3',
    11: '(...inputs: T) -> (concat_result: T) {axis!: int} T: @ir3',
    13: '(...inputs: T) -> (concat_result: T) {axis!: int} T: @ir4',
  },
})

export const split = defineOp({
  type: 'Split',
  signatures: {
    1: '(input: T, split?: T) -> (...outputs...: T) {axis: int, split: ints} T: @float3',
    2: '(input: T) -> (...outputs: T) {axis: int = 0, split: ints} T: @ir3',
    11: '(input: T) -> (...outputs: T) {axis: int = 0, split: ints} T: @ir3',
    13: '(input: T, split?: int64) -> (...outputs: T) {axis: int = 0} T: @ir4',
    18: '(input: T, split?: int64) -> (...outputs: T) {axis: int = 0, num_outputs: int} T: @ir4',
  },
})

export const slice = defineOp({
  type: 'Slice',
  signatures: {
    1: '(data: T) -> (output: T) {axes: ints, ends!: ints, starts!: ints} T: @ir3',
    10: '(data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind) -> (output: T) T: @ir3; Tind: int32|int64',
    11: '(data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind) -> (output: T) T: @ir3; Tind: int32|int64',
    13: '(data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind) -> (output: T) T: @ir4; Tind: int32|int64',
  },
})

export const pad = defineOp({
  type: 'Pad',
  signatures: {
    1: '(data: T) -> (output: T) {mode: string = "constant", paddings!: ints, value: float = 0.0} T: @float3',
    2: '(data: T) -> (output: T) {mode: string = "constant", pads!: ints, value: float = 0.0} T: @float3',
    11: '(data: T, pads: int64, constant_value?: T) -> (output: T) {mode: string = "constant"} T: @numeric3',
    13: '(data: T, pads: int64, constant_value?: T) -> (output: T) {mode: string = "constant"} T: @ir4',
    18: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir4; Tind: int32|int64',
    19: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir4; Tind: int32|int64',
    21: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir10; Tind: int32|int64',
    23: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir11; Tind: int32|int64',
    24: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir12; Tind: int32|int64',
    25: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir13; Tind: int32|int64',
  },
})

export const expand = defineOp({
  type: 'Expand',
  signatures: {
    8: '(input: T, shape: int64) -> (output: T) T: @ir3',
    13: '(input: T, shape: int64) -> (output: T) T: @ir4',
  },
})

export const tile = defineOp({
  type: 'Tile',
  signatures: {
    1: '(input: T, tiles: T, axis: T) -> (output: T) T: @float3; T1: int64',
    6: '(input: T, repeats: T1) -> (output: T) T: @ir3; T1: int64',
    13: '(input: T, repeats: T1) -> (output: T) T: @ir4; T1: int64',
  },
})

export const centerCropPad = defineOp({
  type: 'CenterCropPad',
  signatures: {
    18: '(input_data: T, shape: Tind) -> (output_data: T) {axes: ints} T: @ir4; Tind: int32|int64',
  },
})

export const joiningOps = [concat, split, slice, pad, expand, tile, centerCropPad]
