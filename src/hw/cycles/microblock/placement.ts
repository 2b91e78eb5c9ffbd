import type { Home } from './port.js'

/** Channels in bricks of 16, or channel-last without padding (inputs and outputs of the network). */
export type Layout = 'bricks' | 'linear'

/** Where a feature map lives and how. */
export interface Place {
  readonly home: Home
  readonly layout: Layout
}

export interface OperandPlaces {
  readonly input: Place
  readonly second: Place
  readonly output: Place
}

/** What filters' way to the array depends on. */
export interface WeightRoom {
  /** Cycles of the kernel before under which filters and tables are fetched; undefined: as long as the kernel itself. */
  readonly slackCycles: number | undefined
  /** SRAM that holds no feature map while the kernel runs. */
  readonly freeSramBytes: number
  /** Rows of output computed at a time where kernels pass stripes on; undefined: all. */
  readonly stripeRows: number | undefined
  /** What the lossless coder makes of a weight. */
  readonly bitsPerWeight: number
}

/** What a kernel's cost depends on beside its shape. */
export interface MicroblockPlacement extends OperandPlaces, WeightRoom {}
