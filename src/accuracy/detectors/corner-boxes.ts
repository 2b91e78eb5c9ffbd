import { type Detector, endingIn, shapesOf } from './detector.js'

/** UltraFace. Source: Ultra-Light-Fast-Generic-Face-Detector-1MB, its box utilities. */
export const cornerBoxes: Detector = {
  id: 'corner-boxes',
  convention:
    'scores [1, P, classes + 1], class 0 the background, and boxes [1, P, 4]: corners x0, y0, x1, y1 as shares of the image',
  scoreThreshold: 0.05,
  overlapThreshold: 0.3,

  recognises(outputs, image) {
    const shapes = shapesOf(outputs)
    const boxes = endingIn(outputs, 4)?.dims
    // With as many classes as sides nothing tells scores from boxes.
    const scores = shapes.find((dims) => dims.at(-1) !== 4)
    return (
      image !== undefined &&
      shapes.length === 2 &&
      boxes?.length === 3 &&
      scores?.length === 3 &&
      scores[1] === boxes[1]
    )
  },

  decode(outputs, image) {
    const boxes = endingIn(outputs, 4)!
    const scores = [...outputs.values()].find((tensor) => tensor !== boxes)!
    const classes = scores.dims[2]!
    const [corners, shares] = [boxes.numbers(), scores.numbers()]
    const { height, width } = image!
    return Array.from({ length: boxes.dims[1]! * (classes - 1) }, (_, at) => {
      const prior = Math.floor(at / (classes - 1))
      const index = at % (classes - 1)
      const [x0, y0, x1, y1] = [0, 1, 2, 3].map((side) => corners[4 * prior + side]!) as [
        number,
        number,
        number,
        number,
      ]
      const score = shares[classes * prior + 1 + index]!
      return { box: [x0 * width, y0 * height, x1 * width, y1 * height], class: index, score }
    })
  },
}
