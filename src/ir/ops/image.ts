import { unknownDim } from '../dim.js'
import { defineOp } from './define.js'

export const imageDecoder = defineOp({
  type: 'ImageDecoder',
  signatures: {
    20: '(encoded_stream: T1) -> (image: T2) {pixel_format: string = "RGB"} T1: uint8; T2: uint8',
  },
  dims: (c) => [[unknownDim(), unknownDim(), c.text('pixel_format') === 'Grayscale' ? 1 : 3]],
})

export const imageOps = [imageDecoder]
