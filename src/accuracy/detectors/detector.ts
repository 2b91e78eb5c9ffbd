import type { Tensor } from '../../ir/tensor.js'
import type { Box, Size } from '../geometry.js'
import type { Outputs } from '../outputs.js'

export interface Detection {
  /** In pixels of the model's input. */
  readonly box: Box
  readonly class: number
  readonly score: number
}

/** How the outputs of one family of detectors are read. */
export interface Detector {
  readonly id: string
  /** What the numbers of the outputs mean, in a few lines. */
  readonly convention: string
  /** Detections of a lower score are dropped before overlaps are. */
  readonly scoreThreshold: number
  /** Of two detections of a class that overlap more than this the weaker is dropped; undefined: the model has done so. */
  readonly overlapThreshold: number | undefined
  /** By number, rank and sizes of the outputs of one image: names change. */
  recognises(outputs: Outputs, image: Size | undefined): boolean
  /** All candidates, in the order of the outputs. `image` is there if `recognises` asked for it. */
  decode(outputs: Outputs, image: Size | undefined): Detection[]
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** A box by its centre and size. */
export const centred = (x: number, y: number, width: number, height: number): Box => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
]

/** The sizes of all outputs, in their order: what most detectors are known by. */
export const shapesOf = (outputs: Outputs): readonly (readonly number[])[] =>
  [...outputs.values()].map(({ dims }) => dims)

/** Whether the outputs are one array of those dims; -1 stands for any size. */
export const isSingle = (outputs: Outputs, wanted: readonly number[]): boolean => {
  const [dims] = shapesOf(outputs)
  return (
    outputs.size === 1 && dims!.length === wanted.length && wanted.every((size, i) => size < 0 || size === dims![i])
  )
}

/** The output that ends in an axis of `last`. */
export const endingIn = (outputs: Outputs, last: number): Tensor | undefined =>
  [...outputs.values()].find(({ dims }) => dims.at(-1) === last)
