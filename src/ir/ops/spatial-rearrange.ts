import { floorDivDims, mulDims, unknownDim } from '../dim.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const depthToSpace = defineOp({
  type: 'DepthToSpace',
  signatures: {
    1: '(input: T) -> (output: T) {blocksize!: int} T: @ir3',
    11: '(input: T) -> (output: T) {blocksize!: int, mode: string = "DCR"} T: @ir3',
    13: '(input: T) -> (output: T) {blocksize!: int, mode: string = "DCR"} T: @ir4',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    const block = c.int('blocksize') ?? 1
    if (dims?.length !== 4) return []
    return [[dims[0]!, floorDivDims(dims[1]!, block * block), mulDims(dims[2]!, block), mulDims(dims[3]!, block)]]
  },
  axes: (c) => (c.text('mode') === 'CRD' ? 'n (c p! q!) h w -> n c (h p) (w q)' : 'n (p! q! c) h w -> n c (h p) (w q)'),
})

export const spaceToDepth = defineOp({
  type: 'SpaceToDepth',
  signatures: {
    1: '(input: T) -> (output: T) {blocksize!: int} T: @ir3',
    13: '(input: T) -> (output: T) {blocksize!: int} T: @ir4',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    const block = c.int('blocksize') ?? 1
    if (dims?.length !== 4) return []
    return [[dims[0]!, mulDims(dims[1]!, block * block), floorDivDims(dims[2]!, block), floorDivDims(dims[3]!, block)]]
  },
  axes: () => 'n c (h p!) (w q!) -> n (p q c) h w',
})

export const col2Im = defineOp({
  type: 'Col2Im',
  signatures: {
    18: '(input: T, image_shape: int64, block_shape: int64) -> (output: T) {dilations: ints, pads: ints, strides: ints} T: @ir4',
  },
  traits: ['linear'],
  dims: (c) => {
    const dims = c.dims(0)
    const image = imageRank(c)
    if (dims === undefined || image === undefined) return []
    const block = c.numbers(2)?.reduce((all, size) => all * size, 1)
    const channels = block === undefined ? unknownDim() : floorDivDims(dims[1]!, block)
    return [[dims[0]!, channels, ...(c.content(1) ?? Array.from({ length: image }, () => unknownDim()))]]
  },
})

export const spatialRearrangeOps = [depthToSpace, spaceToDepth, col2Im]

/** How many spatial axes the image has. */
const imageRank = (c: OpContext): number | undefined => c.length(1)
