import { type Detector, isSingle, sigmoid } from './detector.js'

/** Pixels of a cell. */
const stride = 8

/** One class, no anchors: a cell says whether an object's centre is near, and how far its edges are. */
export const cellDistances: Detector = {
  id: 'cell-distances',
  convention:
    'one output [1, 5, H/8, W/8]: logit of objectness; logarithms of the distances from the middle of the cell to the left, top, right and bottom edge in cells, held to -4..4',
  scoreThreshold: 0.05,
  overlapThreshold: 0.5,

  recognises: (outputs, image) =>
    image !== undefined && isSingle(outputs, [1, 5, image.height / stride, image.width / stride]),

  decode(outputs, image) {
    const [grid] = outputs.values()
    const numbers = grid!.numbers()
    const [, , rows, columns] = grid!.dims as [number, number, number, number]
    const area = rows * columns
    const { height, width } = image!
    const distance = (side: number, cell: number) =>
      stride * Math.exp(Math.min(Math.max(numbers[side * area + cell]!, -4), 4))
    return Array.from({ length: area }, (_, cell) => {
      const x = stride * ((cell % columns) + 0.5)
      const y = stride * (Math.floor(cell / columns) + 0.5)
      const box = [
        Math.max(x - distance(1, cell), 0),
        Math.max(y - distance(2, cell), 0),
        Math.min(x + distance(3, cell), width),
        Math.min(y + distance(4, cell), height),
      ] as const
      return { box, class: 0, score: sigmoid(numbers[cell]!) }
    })
  },
}
