import type { Labels } from '../data-set.js'
import type { Preprocess } from '../input/preprocess.js'
import { placement, type Size } from '../input/resize.js'

type BoxLabels = Extract<Labels, { readonly kind: 'boxes' }>

/** Boxes in pixels of the stored images become boxes in pixels of the input that the images are fitted to. */
export function moveBoxes(labels: BoxLabels, sizes: readonly Size[], input: Size, preprocess: Preprocess): BoxLabels {
  const boxes = labels.boxes.map((own, sample) => {
    const size = sizes[sample]!
    if (size.height === input.height && size.width === input.width && preprocess.shortSide === undefined) return own
    const { scaled, left, top } = placement(size, input, preprocess)
    const x = (value: number) => limited((value * scaled.width) / size.width - left, input.width)
    const y = (value: number) => limited((value * scaled.height) / size.height - top, input.height)
    return own
      .map(({ box: [x0, y0, x1, y1], class: index }) => ({ box: [x(x0), y(y0), x(x1), y(y1)] as const, class: index }))
      .filter(({ box: [x0, y0, x1, y1] }) => x1 > x0 && y1 > y0)
  })
  return { kind: 'boxes', boxes }
}

const limited = (value: number, size: number): number => Math.min(Math.max(value, 0), size)
