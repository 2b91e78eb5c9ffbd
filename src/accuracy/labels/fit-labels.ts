import type { Labels } from '../data-set.js'
import { isSameSize, type Size } from '../geometry.js'
import type { Preprocess } from '../input/preprocess.js'
import { placement } from '../input/resize.js'

type BoxLabels = Extract<Labels, { readonly kind: 'boxes' }>
type MaskLabels = Extract<Labels, { readonly kind: 'masks' }>

/** What masks say of pixels that padding made: beyond all classes, so that it does not count. */
const nothing = 255

/** Where images are fitted to the size of an input, boxes and masks over the stored images go with them. */
export function fitLabels(labels: Labels, sizes: readonly Size[], input: Size, preprocess: Preprocess): Labels {
  switch (labels.kind) {
    case 'classes':
      return labels
    case 'boxes':
      return fitBoxes(labels, sizes, input, preprocess)
    case 'masks': {
      const isOfImages = sizes.every((size) => isSameSize(size, labels))
      return isOfImages && isMoved(labels, input, preprocess) ? fitMasks(labels, input, preprocess) : labels
    }
  }
}

const isMoved = (image: Size, input: Size, { shortSide }: Preprocess): boolean =>
  !isSameSize(image, input) || shortSide !== undefined

function fitBoxes(labels: BoxLabels, sizes: readonly Size[], input: Size, preprocess: Preprocess): BoxLabels {
  const boxes = labels.boxes.map((own, sample) => {
    const size = sizes[sample]!
    if (!isMoved(size, input, preprocess)) return own
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

/** Classes have no mean: each pixel takes the one that its middle lies in. */
function fitMasks(labels: MaskLabels, input: Size, preprocess: Preprocess): MaskLabels {
  const { height, width, masks } = labels
  const { scaled, left, top } = placement(labels, input, preprocess)
  const sources = (wanted: number, offset: number, stored: number, size: number) =>
    Int32Array.from({ length: wanted }, (_, at) => {
      const source = Math.floor(((at + offset + 0.5) * stored) / size)
      return source >= 0 && source < stored ? source : -1
    })
  const rows = sources(input.height, top, height, scaled.height)
  const columns = sources(input.width, left, width, scaled.width)
  const count = masks.length / (height * width)
  const out = new Uint8Array(count * input.height * input.width)
  let at = 0
  for (let sample = 0; sample < count; sample++)
    for (const row of rows)
      for (const column of columns)
        out[at++] = row < 0 || column < 0 ? nothing : masks[(sample * height + row) * width + column]!
  return { ...labels, ...input, masks: out }
}
