import type { Size } from '../geometry.js'
import { centred, type Detection, type Detector, isSingle } from './detector.js'

const strides = [8, 16, 32] as const

/** YOLOX. Source: its onnxruntime demo (demo_postprocess, multiclass_nms). */
export const yolox: Detector = {
  id: 'yolox',
  convention:
    'one output [1, P, 5 + classes], P the cells of 8, then 16, then 32 pixels: offset of the centre from the cell in cells, logarithms of width and height in cells, objectness, classes; score = objectness x class',
  scoreThreshold: 0.01,
  overlapThreshold: 0.65,

  recognises: (outputs, image) =>
    image !== undefined && isSingle(outputs, [1, cells(image).length, -1]) && [...outputs.values()][0]!.dims[2]! > 5,

  decode(outputs, image) {
    const [output] = outputs.values()
    const numbers = output!.numbers()
    const width = output!.dims[2]!
    const found: Detection[] = []
    cells(image!).forEach(({ row, column, stride }, at) => {
      const [dx, dy, dw, dh, objectness] = [0, 1, 2, 3, 4].map((part) => numbers[width * at + part]!) as number[]
      const box = centred((dx! + column) * stride, (dy! + row) * stride, Math.exp(dw!) * stride, Math.exp(dh!) * stride)
      for (let index = 0; index < width - 5; index++) {
        const score = objectness! * numbers[width * at + 5 + index]!
        if (score >= this.scoreThreshold) found.push({ box, class: index, score })
      }
    })
    return found
  },
}

function cells({ height, width }: Size): { readonly row: number; readonly column: number; readonly stride: number }[] {
  return strides.flatMap((stride) => {
    const columns = Math.floor(width / stride)
    return Array.from({ length: Math.floor(height / stride) * columns }, (_, cell) => ({
      row: Math.floor(cell / columns),
      column: cell % columns,
      stride,
    }))
  })
}
