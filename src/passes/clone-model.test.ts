import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { cleanUp } from '../../test/passes/clean-up.js'
import { describeWithShared } from '../../test/shared-assets.js'
import { toProto } from '../export/to-proto.js'
import { modelFromBytes } from '../import/read-model.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { modelText } from '../ir/text.js'
import { verifyGraph } from '../ir/verify.js'
import { encodeModel } from '../onnx/codec.js'
import { cloneModel } from './clone-model.js'

const encode = (model: Model): Buffer => Buffer.concat(encodeModel(toProto(model)))

/** Sizes nobody knows have other numbers in every inference. */
const textOf = (model: Model): string => modelText(model).replaceAll(/\?\d+/g, '?')

/** The clone is sound, exports alike, and changes to it do not reach the model. */
async function expectClone(model: Model): Promise<void> {
  inferTypes(model)
  const [text, bytes] = [modelText(model), encode(model)]
  const clone = cloneModel(model)
  expect(verifyGraph(clone)).toEqual([])
  expect(modelText(clone)).toBe(text)
  expect(encode(clone).equals(bytes)).toBe(true)

  await cleanUp(clone)
  expect(verifyGraph(model)).toEqual([])
  expect(modelText(model)).toBe(text)
  expect(encode(model).equals(bytes)).toBe(true)

  // What passes do to the model they do to its clone, down to new names.
  const twin = cloneModel(model)
  await cleanUp(twin)
  expect(textOf(twin)).toBe(textOf(clone))
  await cleanUp(model)
  expect(textOf(model)).toBe(textOf(clone))
}

describe('a clone of a built model', () => {
  test('with subgraphs that see values around them, and an overridable default', async () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', 3])
      const twice = g.op('Add', [x, x])
      const branch = (name: string, opType: string) =>
        g.subgraph(name, (inner) => inner.output(inner.op(opType, [twice]), name))
      const condition = g.input('c', 'bool', [])
      const weight = g.constant(Tensor.float32([1, 2, 3]), 'w')
      weight.isInput = true
      g.graph.inputs.push(weight)
      const chosen = g.op('If', [condition], {
        then_branch: branch('a', 'Relu'),
        else_branch: branch('b', 'Neg'),
      })
      g.output(g.op('Mul', [chosen, weight]), 'y')
      g.output(twice, 'z')
    })
    await expectClone(model)
  })
})

describeWithShared('a clone', (assets) => {
  it.each([...assets.models(), ...assets.trained()].map(({ name, path }) => [name, path]))(
    'of %s is the model again',
    async (_, path) => expectClone(modelFromBytes(readFileSync(path), { file: path })),
    60_000,
  )
})
