import { largest } from '../metrics/class-scores.js'
import { centred, type Detector, isSingle } from './detector.js'

/** Of COCO. Columns behind them are coefficients of masks. */
const classCount = 80

/** YOLOv8 behind its own suppression of overlaps. Source: yolov8-seg-onnxruntime-web, nms-yolov8.onnx. */
export const selectedBoxes: Detector = {
  id: 'selected-boxes',
  convention:
    'one output [1, K, 4 + 80 or more]: centre, width and height in pixels, then a score for each of 80 classes; overlaps are dropped already',
  scoreThreshold: 0,
  overlapThreshold: undefined,

  recognises: (outputs) => isSingle(outputs, [1, -1, -1]) && [...outputs.values()][0]!.dims[2]! >= 4 + classCount,

  decode(outputs) {
    const [selected] = outputs.values()
    const [, count, width] = selected!.dims as [number, number, number]
    const numbers = Float64Array.from(selected!.numbers())
    return Array.from({ length: count }, (_, at) => {
      const row = numbers.subarray(at * width, (at + 1) * width)
      const scores = row.subarray(4, 4 + classCount)
      const best = largest(scores)
      return { box: centred(row[0]!, row[1]!, row[2]!, row[3]!), class: best, score: scores[best]! }
    })
  },
}
