import { afterAll, describe, expect, test } from 'vitest'
import { bottleneckModel } from '../../../test/architecture/bottleneck.js'
import { buildModel } from '../../ir/build.js'
import { constantOf } from '../../ir/constant.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'
import { Runtime } from '../../runtime/session.js'
import { expose, forward, normalFeeds } from './forward.js'
import { randomised } from './random-net.js'

const runtime = new Runtime()
afterAll(() => runtime.close())

const sizes = { batch: 16, symbols: new Map<string, number>() }

const block = (): Model => {
  const model = bottleneckModel({ in: 8, middle: 48, out: 8, residual: true, activation: 'Relu6' })
  inferTypes(model)
  return model
}

const weightsOf = (model: Model, seed: number) =>
  randomised(model, sizes, { seed }).layers.map(({ node }) => Array.from(constantOf(node.inputs[1])!.numbers()))

describe('a random net', () => {
  test('has weights of its seed, with the deviation of the fan-in, and no biases', () => {
    const model = block()
    expect(weightsOf(model, 3)).toEqual(weightsOf(model, 3))
    expect(weightsOf(model, 3)).not.toEqual(weightsOf(model, 4))
    const { layers } = randomised(model, sizes, { seed: 1 })
    // 1x1 of 8 channels, 3x3 of one, 1x1 of 48.
    expect(layers.map(({ fanIn }) => fanIn)).toEqual([8, 9, 48])
    for (const { node, fanIn } of layers) {
      const weights = Array.from(constantOf(node.inputs[1])!.numbers())
      const variance = weights.reduce((sum, value) => sum + value ** 2, 0) / weights.length
      expect(variance / (2 / fanIn)).toBeGreaterThan(0.75)
      expect(variance / (2 / fanIn)).toBeLessThan(1.3)
      expect(Array.from(constantOf(node.inputs[2])!.numbers()).every((value) => value === 0)).toBe(true)
    }
  })

  test('leaves the model as it is', () => {
    const model = block()
    const before = [...model.graph.nodes()].map(({ opType }) => opType)
    const weight = constantOf([...model.graph.nodes()][0]!.inputs[1])
    randomised(model, sizes, { seed: 1 })
    expect([...model.graph.nodes()].map(({ opType }) => opType)).toEqual(before)
    expect(constantOf([...model.graph.nodes()][0]!.inputs[1])).toBe(weight)
  })

  test('is normalized behind every layer, by channel', async () => {
    const { model, layers } = randomised(block(), sizes, { seed: 1 })
    const patch = new Patch(model)
    const names = layers.map(({ result }) => expose(patch, result))
    const outputs = await forward(runtime, model, normalFeeds(model, 1))
    for (const name of names) {
      const { dims, ...rest } = { dims: outputs.get(name)!.dims, values: outputs.get(name)!.numbers() }
      const [samples, channels, places] = [dims[0]!, dims[1]!, dims[2]! * dims[3]!]
      for (let channel = 0; channel < channels; channel++) {
        let [sum, squares] = [0, 0]
        for (let sample = 0; sample < samples; sample++)
          for (let place = 0; place < places; place++) {
            const value = rest.values[(sample * channels + channel) * places + place]!
            sum += value
            squares += value ** 2
          }
        expect(sum / (samples * places)).toBeCloseTo(0, 4)
        expect(squares / (samples * places)).toBeCloseTo(1, 3)
      }
    }
  })

  test('has neither the scales and shifts of its input nor a trained normalization', () => {
    const list = (value: number, count: number) => Tensor.float32(new Array<number>(count).fill(value))
    const model = buildModel((g) => {
      const x = g.op('Sub', [g.input('x', 'float32', ['n', 2, 4, 4]), g.constant(Tensor.float32([120], []))])
      const weight = g.constant(Tensor.float32(new Array<number>(6).fill(1), [3, 2, 1, 1]))
      const y = g.op('Conv', [g.op('Mul', [x, g.constant(Tensor.float32([0.1], []))]), weight])
      const parameters = [list(5, 3), list(7, 3), list(1, 3), list(4, 3)].map((tensor) => g.constant(tensor))
      g.output(g.op('Relu', [g.op('BatchNormalization', [y, ...parameters])]), 'y')
    })
    inferTypes(model)
    const net = randomised(model, sizes, { seed: 1 })
    expect([...net.model.graph.nodes()].map(({ opType }) => opType)).toEqual([
      'Conv',
      'MeanVarianceNormalization',
      'Relu',
    ])
  })
})
