/** Of an image, in pixels. */
export interface Size {
  readonly height: number
  readonly width: number
}

/** In pixels from the top left corner: x0, y0, x1, y1, covering x0 <= x < x1 and y0 <= y < y1. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number]

export const isSameSize = (a: Size, b: Size): boolean => a.height === b.height && a.width === b.width
