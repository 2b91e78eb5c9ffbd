import type { Size } from '../geometry.js'
import { centred, type Detector, endingIn } from './detector.js'

/** Sides of the priors in pixels, by level; a level's cells are `strides` pixels apart. */
const sides = [
  [10, 16, 24],
  [32, 48],
  [64, 96],
  [128, 192, 256],
] as const
const strides = [8, 16, 32, 64] as const
const variance = [0.1, 0.2] as const

/** YuNet of 2021 and 2022. Source: opencv_zoo, yunet.py. */
export const priorBoxes: Detector = {
  id: 'prior-boxes',
  convention:
    'loc [P, 14], conf [P, 2], iou [P, 1] over square priors on cells of 8, 16, 32, 64 pixels: loc moves the centre (variance 0.1) and scales width and height (variances 0.1, 0.2); score = sqrt(conf x iou)',
  scoreThreshold: 0.05,
  overlapThreshold: 0.3,

  recognises(outputs, image) {
    const lasts = [...outputs.values()].map(({ dims }) => dims.at(-1)).sort()
    if (image === undefined || lasts.join() !== '1,14,2') return false
    return endingIn(outputs, 14)!.size === 14 * priors(image).length
  },

  decode(outputs, image) {
    const [loc, conf, iou] = [14, 2, 1].map((last) => endingIn(outputs, last)!.numbers())
    const { height, width } = image!
    return priors(image!).map(({ x, y, side }, at) => {
      const [dx, dy, dw, dh] = [0, 1, 2, 3].map((part) => loc![14 * at + part]!) as [number, number, number, number]
      const box = centred(
        x + dx * variance[0] * side,
        y + dy * variance[0] * side,
        side * Math.exp(dw * variance[0]),
        side * Math.exp(dh * variance[1]),
      )
      const overlap = Math.min(Math.max(iou![at]!, 0), 1)
      const held = [
        Math.max(box[0], 0),
        Math.max(box[1], 0),
        Math.min(box[2], width),
        Math.min(box[3], height),
      ] as const
      return { box: held, class: 0, score: Math.sqrt(conf![2 * at + 1]! * overlap) }
    })
  },
}

/** Centre and side in pixels, level by level, row by row, small sides first. */
function priors({ height, width }: Size): { readonly x: number; readonly y: number; readonly side: number }[] {
  const halved = (size: number) => Math.floor(size / 2)
  let [rows, columns] = [height, width].map((size) => halved(halved(size + 1))) as [number, number]
  return strides.flatMap((stride, level) => {
    rows = halved(rows)
    columns = halved(columns)
    return Array.from({ length: rows * columns }, (_, cell) => ({
      x: stride * ((cell % columns) + 0.5),
      y: stride * (Math.floor(cell / columns) + 0.5),
    })).flatMap((centre) => sides[level]!.map((side) => ({ ...centre, side })))
  })
}
