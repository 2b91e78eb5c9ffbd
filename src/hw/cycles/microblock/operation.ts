import type { Block } from '../../target.js'
import type { Layout, Place } from './placement.js'

/** What part of the array runs an operation. */
export type Unit = 'convolution' | 'depthwise' | 'vector-product' | 'pool' | 'reduce-sum' | 'elementwise'

export interface Operand extends Place {
  readonly extent: Block
  readonly bits: number
}

/** One operation of the array: every operator of a network becomes one or several of these. */
export interface Operation {
  readonly unit: Unit
  /** What decides the output's cycles. */
  readonly arithmetic: 'multiply' | 'add' | 'max' | 'other'
  readonly input: Operand
  /** Second operand of an element-wise operation, all extents 1 for a scalar; of a product of two maps its matrix. */
  readonly second: Operand | undefined
  readonly output: Operand
  readonly kernel: { readonly height: number; readonly width: number }
  readonly stride: { readonly height: number; readonly width: number }
  /** Bytes of a table that the output goes through (sigmoid, exp...), fetched before; 0 for none. */
  readonly tableBytes: number
}

export const volume = ({ height, width, channels }: Block): number => height * width * channels

export const area = ({ height, width }: { readonly height: number; readonly width: number }): number => height * width

export const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step

export const smaller = (a: Block, b: Block): Block => ({
  height: Math.min(a.height, b.height),
  width: Math.min(a.width, b.width),
  channels: Math.min(a.channels, b.channels),
})

/** Channels as they are stored: whole bricks of 16, or as they are. */
export const storedChannels = (channels: number, layout: Layout): number =>
  layout === 'bricks' ? roundUp(channels, 16) : channels

/** Elements as they are stored. */
export const storedElements = (extent: Block, layout: Layout): number =>
  area(extent) * storedChannels(extent.channels, layout)

/** The part of an operation that makes `rows` rows of its output. */
export function stripeOf(operation: Operation, rows: number): Operation {
  const { input, second, output, kernel, stride } = operation
  const needed = (rows - 1) * stride.height + kernel.height
  const cut = (operand: Operand, height: number): Operand => ({
    ...operand,
    extent: { ...operand.extent, height: Math.min(operand.extent.height, height) },
  })
  return {
    ...operation,
    input: cut(input, needed),
    second: second === undefined ? undefined : cut(second, needed),
    output: cut(output, rows),
  }
}

/** Whether an operation streams filters; the matrix of a product may also be a map that another one made. */
export const hasWeights = ({ unit, second }: Operation): boolean =>
  unit === 'convolution' || unit === 'depthwise' || (unit === 'vector-product' && second === undefined)

/** Multiply-accumulates, windows of pools counted like those of a depthwise convolution. */
export function macsOf({ unit, input, output, kernel }: Operation): number {
  if (unit === 'elementwise') return 0
  const depth = unit === 'depthwise' || unit === 'pool' ? 1 : input.extent.channels
  return area(kernel) * depth * volume(output.extent)
}
