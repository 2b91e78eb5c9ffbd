import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dump } from 'npyjs'
import { writeModel } from '../../src/export/write-model.js'
import { buildModel } from '../../src/ir/build.js'
import { Tensor } from '../../src/ir/tensor.js'
import { bottleneck } from './bottleneck.js'

export interface ClassifierOnDisk {
  readonly folder: string
  readonly file: string
  readonly images: string
  readonly classes: string
}

/** A classifier of 5 classes on small colour images, and so many images that can be had in any size, their classes and how they are fitted. */
export async function imageClassifierOnDisk(
  count: number,
): Promise<ClassifierOnDisk & { readonly preprocess: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'image-classifier-'))
  const model = buildModel(
    (g) => {
      const x = g.input('x', 'float32', ['n', 3, 24, 24])
      const stem = Float32Array.from({ length: 8 * 3 * 9 }, (_, i) => Math.sin(3 * i))
      const options = { strides: [2, 2], pads: [1, 1, 1, 1] }
      const first = g.op('Relu', [
        g.op('Conv', [x, g.constant(Tensor.fromArray('float32', [8, 3, 3, 3], stem))], options),
      ])
      const features = bottleneck(g, first, { in: 8, middle: 48, out: 8, residual: true })
      const weights = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i))
      const pooled = g.op('ReduceMean', [features], { axes: [2, 3], keepdims: 0 })
      g.output(g.op('MatMul', [pooled, g.constant(Tensor.fromArray('float32', [8, 5], weights))]), 'scores')
    },
    { opset: 17 },
  )
  const [file, images, classes, preprocess] = ['net.onnx', 'x.npy', 'y.npy', 'preprocess.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  await writeModel(model, file)
  const pixels = Uint8Array.from({ length: count * 24 * 24 * 3 }, (_, i) => 127 + 120 * Math.sin(i * i))
  writeFileSync(images, Buffer.from(dump(pixels, [count, 24, 24, 3])))
  writeFileSync(
    classes,
    Buffer.from(
      dump(
        Int32Array.from({ length: count }, (_, i) => i % 5),
        [count],
      ),
    ),
  )
  writeFileSync(preprocess, JSON.stringify({ preprocessVersion: 1, scaling: 'unit', fit: 'squash' }))
  return { folder, file, images, classes, preprocess }
}

/** A classifier of 5 classes on images of 4 channels, in a folder of its own, with so many images and their classes. */
export async function classifierOnDisk(count: number): Promise<ClassifierOnDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'classifier-'))
  const model = buildModel(
    (g) => {
      const x = g.input('x', 'float32', ['n', 4, 24, 24])
      const features = bottleneck(g, x, { in: 4, middle: 48, out: 4, residual: true })
      const weights = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i))
      const pooled = g.op('ReduceMean', [features], { axes: [2, 3], keepdims: 0 })
      g.output(g.op('MatMul', [pooled, g.constant(Tensor.fromArray('float32', [4, 5], weights))]), 'scores')
    },
    { opset: 17 },
  )
  const [file, images, classes] = ['net.onnx', 'x.npy', 'y.npy'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeModel(model, file)
  const pixels = Float32Array.from({ length: count * 4 * 24 * 24 }, (_, i) => Math.sin(i * i))
  writeFileSync(images, Buffer.from(dump(pixels, [count, 4, 24, 24])))
  const labels = Int32Array.from({ length: count }, (_, i) => i % 5)
  writeFileSync(classes, Buffer.from(dump(labels, [count])))
  return { folder, file, images, classes }
}
