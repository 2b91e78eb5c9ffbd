import { defineOp } from './define.js'

export const depthToSpace = defineOp({
  type: 'DepthToSpace',
  signatures: {
    1: '(input: T) -> (output: T) {blocksize!: int} T: @ir3',
    11: '(input: T) -> (output: T) {blocksize!: int, mode: string = "DCR"} T: @ir3',
    13: '(input: T) -> (output: T) {blocksize!: int, mode: string = "DCR"} T: @ir4',
  },
})

export const spaceToDepth = defineOp({
  type: 'SpaceToDepth',
  signatures: {
    1: '(input: T) -> (output: T) {blocksize!: int} T: @ir3',
    13: '(input: T) -> (output: T) {blocksize!: int} T: @ir4',
  },
})

export const col2Im = defineOp({
  type: 'Col2Im',
  signatures: {
    18: '(input: T, image_shape: int64, block_shape: int64) -> (output: T) {dilations: ints, pads: ints, strides: ints} T: @ir4',
  },
})

export const spatialRearrangeOps = [depthToSpace, spaceToDepth, col2Im]
