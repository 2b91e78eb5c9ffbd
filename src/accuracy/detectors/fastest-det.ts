import { centred, type Detector, isSingle, sigmoid } from './detector.js'

/** Pixels of a cell. */
const stride = 16

/** FastestDet. Source: its onnxruntime example. */
export const fastestDet: Detector = {
  id: 'fastest-det',
  convention:
    'one output [1, 5 + classes, H/16, W/16]: objectness; tanh of the offset of the centre from the cell, in cells; sigmoid of width and height as shares of the image; classes. score = objectness^0.6 x class^0.4 of the best class',
  scoreThreshold: 0.05,
  overlapThreshold: 0.45,

  recognises: (outputs, image) =>
    image !== undefined &&
    isSingle(outputs, [1, -1, image.height / stride, image.width / stride]) &&
    [...outputs.values()][0]!.dims[1]! > 5,

  decode(outputs, image) {
    const [map] = outputs.values()
    const numbers = map!.numbers()
    const [, channels, rows, columns] = map!.dims as [number, number, number, number]
    const area = rows * columns
    const { height, width } = image!
    return Array.from({ length: area }, (_, cell) => {
      const at = (channel: number) => numbers[channel * area + cell]!
      let best = 5
      for (let channel = 6; channel < channels; channel++) if (at(channel) > at(best)) best = channel
      const x = (((cell % columns) + Math.tanh(at(1))) * width) / columns
      const y = ((Math.floor(cell / columns) + Math.tanh(at(2))) * height) / rows
      const box = centred(x, y, sigmoid(at(3)) * width, sigmoid(at(4)) * height)
      return { box, class: best - 5, score: at(0) ** 0.6 * at(best) ** 0.4 }
    })
  },
}
