import fc from 'fast-check'
import { expect, test } from 'vitest'
import { run } from '../../test/architecture/run-model.js'
import { useRuntime } from '../../test/passes/equivalence.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor, volume } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import { borderReason, composeConvolutions } from './compose-convolutions.js'
import { type ConvolutionLayer, convolutionLayer, layerAttributes, layerTensors } from './convolution-layer.js'

const holder = useRuntime()

interface Window {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly pad: readonly [number, number]
  readonly bias: boolean
}

interface Case {
  readonly rank: number
  readonly seed: number
  /** Channels per group and side: in, middle, out. */
  readonly units: readonly [number, number, number]
  readonly groups: readonly [number, number]
  readonly first: Window
  readonly second: Window
}

const window: fc.Arbitrary<Window> = fc.record({
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  pad: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  bias: fc.boolean(),
})

const cases: fc.Arbitrary<Case> = fc.record({
  rank: fc.integer({ min: 1, max: 2 }),
  seed: fc.integer({ min: 1, max: 1000 }),
  units: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  groups: fc.tuple(fc.constantFrom(1, 2, 4), fc.constantFrom(1, 2, 4)),
  first: window,
  second: window,
})

const size = 11

function layer(w: Window, channels: readonly [number, number], group: number, { rank, seed }: Case): ConvolutionLayer {
  const random = new SeededRandom(seed + channels[0] * 31 + group)
  const list = (value: number) => new Array<number>(rank).fill(value)
  const draw = (count: number) => Float64Array.from({ length: count }, () => random.uniform() * 2 - 1)
  return {
    weight: draw(channels[1] * (channels[0] / group) * w.kernel ** rank),
    bias: w.bias ? draw(channels[1]) : new Float64Array(channels[1]),
    dtype: 'float32',
    inChannels: channels[0],
    outChannels: channels[1],
    group,
    kernel: list(w.kernel),
    strides: list(w.stride),
    dilations: list(w.dilation),
    pads: { begin: list(w.pad[0]), end: list(w.pad[1]) },
  }
}

const layersOf = (c: Case): readonly [ConvolutionLayer, ConvolutionLayer] => {
  const [a, m, b] = c.units.map((unit) => unit * 4) as [number, number, number]
  return [layer(c.first, [a, m], c.groups[0], c), layer(c.second, [m, b], c.groups[1], c)]
}

const modelOf = (layers: readonly ConvolutionLayer[], rank: number): Model =>
  buildModel((g) => {
    let value = g.input('x', 'float32', [1, layers[0]!.inChannels, ...new Array<number>(rank).fill(size)])
    for (const each of layers) {
      const { weight, bias } = layerTensors(each)!
      value = g.op('Conv', [value, g.constant(weight), g.constant(bias)], layerAttributes(each))
    }
    g.output(value, 'y')
  })

/** Sizes after a layer along one axis. */
const sizeAfter = (before: number, { kernel, stride, dilation, pad }: Window): number =>
  Math.floor((before + pad[0] + pad[1] - (kernel - 1) * dilation - 1) / stride) + 1

/** Positions along an axis where the second window sees nothing of its padding. */
const isInside = ({ first, second }: Case, at: number): boolean => {
  const start = at * second.stride - second.pad[0]
  return start >= 0 && start + (second.kernel - 1) * second.dilation < sizeAfter(size, first)
}

test('the composition of two convolutions computes what they compute, at the border only without a reason', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (c) => {
      const between = sizeAfter(size, c.first)
      fc.pre(between > 0 && sizeAfter(between, c.second) > 0)
      const [first, second] = layersOf(c)
      const random = new SeededRandom(c.seed)
      const dims = [1, first.inChannels, ...new Array<number>(c.rank).fill(size)]
      const x = Tensor.float32(
        Array.from({ length: volume(dims) }, () => random.uniform() * 2 - 1),
        dims,
      )
      const feeds = new Map([['x', x]])
      const both = (await run(holder.runtime, modelOf([first, second], c.rank), feeds)).get('y')!
      const one = (await run(holder.runtime, modelOf([composeConvolutions(first, second)], c.rank), feeds)).get('y')!
      expect(one.dims).toEqual(both.dims)
      const isSameEverywhere = borderReason(first, second) === undefined
      const [a, b, length] = [both.numbers(), one.numbers(), both.dims[2]!]
      for (let i = 0; i < a.length; i++) {
        const at = c.rank === 1 ? [i % length] : [i % length, Math.floor(i / length) % length]
        if (isSameEverywhere || at.every((position) => isInside(c, position))) {
          expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-4)
        }
      }
    }),
    { numRuns: 60, seed: 7 },
  )
})

test('groups that both have stay groups', () => {
  const c: Case = {
    rank: 1,
    seed: 1,
    units: [1, 1, 1],
    groups: [4, 2],
    first: { kernel: 1, stride: 1, dilation: 1, pad: [0, 0], bias: false },
    second: { kernel: 3, stride: 1, dilation: 2, pad: [0, 0], bias: true },
  }
  const { group, kernel, dilations, weight } = composeConvolutions(...layersOf(c))
  expect({ group, kernel, dilations, weights: weight.length }).toEqual({
    group: 2,
    kernel: [3],
    dilations: [2],
    weights: 4 * 2 * 3,
  })
})

test('a layer read back from a node is the layer', () => {
  const c: Case = {
    rank: 2,
    seed: 5,
    units: [1, 2, 1],
    groups: [2, 1],
    first: { kernel: 2, stride: 2, dilation: 1, pad: [1, 0], bias: true },
    second: { kernel: 1, stride: 1, dilation: 1, pad: [0, 0], bias: false },
  }
  const [first] = layersOf(c)
  const model = modelOf([first], c.rank)
  inferTypes(model)
  const { weight, bias, ...geometry } = convolutionLayer(model.graph.first!)!
  const { weight: _, bias: __, ...expected } = first
  expect(geometry).toEqual(expected)
  expect(Array.from(weight)).toEqual(Array.from(first.weight, Math.fround))
  expect(Array.from(bias)).toEqual(Array.from(first.bias, Math.fround))
})
