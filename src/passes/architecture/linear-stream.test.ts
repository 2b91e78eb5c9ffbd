import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../../test/architecture/run-model.js'
import { drawn } from '../../../test/tune/samples.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { Runtime } from '../../runtime/session.js'
import { changeBasis, linearStreams } from './linear-stream.js'

const random = new SeededRandom(41)
const pads = [1, 1, 1, 1]

/** Output channels, kernel; padded so that sizes stay. */
function conv(
  g: GraphBuilder,
  x: Value,
  [out, into, kernel]: readonly [number, number, number],
  source = random,
): Value {
  const inputs = [x, g.constant(drawn(source, [out, into, kernel, kernel]))]
  if (source.uniform() < 0.6) inputs.push(g.constant(drawn(source, [out])))
  return g.op('Conv', inputs, kernel === 3 ? { pads } : {})
}

const built = (build: (g: GraphBuilder, x: Value) => void): Model => {
  const model = buildModel((g) => build(g, g.input('x', 'float32', [1, 3, 6, 5])))
  inferTypes(model)
  return model
}

/** A random invertible matrix and its inverse: a product of shears and scalings. */
function basis(
  size: number,
  source: SeededRandom,
): { readonly forward: Float64Array; readonly backward: Float64Array } {
  const identity = () => Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  const [forward, backward] = [identity(), identity()]
  for (let step = 0; step < 3 * size; step++) {
    const [a, b] = [source.integer(0, size - 1), source.integer(0, size - 1)]
    const share = source.uniform() - 0.5
    if (a === b) {
      const scale = 1 + share
      for (let i = 0; i < size; i++) {
        forward[a * size + i]! *= scale
        backward[i * size + a]! /= scale
      }
      continue
    }
    for (let i = 0; i < size; i++) {
      forward[a * size + i]! += share * forward[b * size + i]!
      backward[i * size + b]! -= share * backward[i * size + a]!
    }
  }
  return { forward, backward }
}

/** Residual blocks on one stream: some narrow in the middle, some one convolution that writes what it reads. */
function residualNet(seed: number): Model {
  const source = new SeededRandom(seed)
  const channels = source.integer(2, 5)
  const kernel = () => (source.uniform() < 0.5 ? 1 : 3)
  return built((g, x) => {
    let stream = conv(g, x, [channels, 3, kernel()], source)
    const blocks = source.integer(1, 4)
    for (let i = 0; i < blocks; i++) {
      const wide = g.op('Relu', [conv(g, stream, [4, channels, kernel()], source)])
      const added =
        source.uniform() < 0.3
          ? conv(g, stream, [channels, channels, kernel()], source)
          : conv(g, wide, [channels, 4, kernel()], source)
      stream = source.uniform() < 0.5 ? g.op('Add', [stream, added]) : g.op('Add', [added, stream])
      g.output(g.op('Relu', [wide]), `wide${i}`)
    }
    if (source.uniform() < 0.3) stream = g.op('Add', [stream, stream])
    g.output(conv(g, stream, [2, channels, kernel()], source), 'y')
  })
}

const runtime = new Runtime()
afterAll(() => runtime.close())

describe('linear streams', () => {
  test('another basis is the same function', async () => {
    const property = fc.asyncProperty(fc.nat(), async (seed) => {
      const model = residualNet(seed)
      const feeds = new Map([['x', drawn(random, [1, 3, 6, 5], 2)]])
      const before = await run(runtime, model, feeds)
      const streams = linearStreams(model)
      expect(streams).toHaveLength(1)
      for (const stream of streams) {
        const { forward, backward } = basis(stream.channels, new SeededRandom(seed + 1))
        expect(changeBasis(model, stream, forward, backward)).toBe(true)
      }
      const after = await run(runtime, model, feeds)
      for (const [name, tensor] of before) {
        const [expected, found] = [tensor.numbers(), after.get(name)!.numbers()]
        const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1)
        for (let i = 0; i < expected.length; i++)
          expect(Math.abs(found[i]! - expected[i]!)).toBeLessThan(1e-4 * largest)
      }
    })
    await fc.assert(property, { numRuns: 20, seed: 3, endOnFailure: true })
  })

  test('its values are the matrix times what they were', async () => {
    const model = residualNet(5)
    const [stream] = linearStreams(model)
    const value = stream!.readers.at(-1)!.inputs[0]!
    value.claim = value.type
    value.outputSlots += 1
    model.graph.outputs.push(value)
    const feeds = new Map([['x', drawn(random, [1, 3, 6, 5], 2)]])
    const before = (await run(runtime, model, feeds)).get(value.name)!.numbers()
    const { channels } = stream!
    const { forward, backward } = basis(channels, random)
    changeBasis(model, stream!, forward, backward)
    const after = (await run(runtime, model, feeds)).get(value.name)!.numbers()
    const positions = before.length / channels
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < positions; p++) {
        let sum = 0
        for (let from = 0; from < channels; from++) sum += forward[c * channels + from]! * before[from * positions + p]!
        expect(after[c * positions + p]).toBeCloseTo(sum, 3)
      }
    }
  })

  const alone: readonly { readonly title: string; readonly build: (g: GraphBuilder, x: Value) => void }[] = [
    {
      title: 'an activation on it',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        g.output(conv(g, g.op('Relu', [g.op('Add', [stream, conv(g, stream, [4, 4, 1])])]), [2, 4, 1]), 'y')
      },
    },
    {
      title: 'an output of the model',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        g.output(stream, 'stream')
        g.output(conv(g, stream, [2, 4, 1]), 'y')
      },
    },
    {
      title: 'a depthwise reader',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        g.output(g.op('Conv', [stream, g.constant(drawn(random, [4, 1, 3, 3]))], { group: 4 }), 'y')
        g.output(conv(g, stream, [2, 4, 1]), 'z')
      },
    },
    {
      title: 'a reader that pools',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        g.output(g.op('GlobalAveragePool', [stream]), 'mean')
        g.output(conv(g, stream, [2, 4, 1]), 'y')
      },
    },
    {
      title: 'a sum with a constant',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        g.output(conv(g, g.op('Add', [stream, g.constant(drawn(random, [1, 4, 1, 1]))]), [2, 4, 1]), 'y')
      },
    },
    {
      title: 'a sum of other sizes',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        const gate = conv(g, g.op('GlobalAveragePool', [x]), [4, 3, 1])
        g.output(conv(g, g.op('Add', [stream, gate]), [2, 4, 1]), 'y')
      },
    },
    {
      title: 'a grouped writer',
      build(g, x) {
        const stream = g.op('Conv', [conv(g, g.op('Relu', [x]), [4, 3, 1]), g.constant(drawn(random, [4, 2, 1, 1]))], {
          group: 2,
        })
        g.output(conv(g, stream, [2, 4, 1]), 'y')
      },
    },
    {
      title: 'the input of the model in a sum',
      build: (g, x) => g.output(conv(g, g.op('Add', [x, conv(g, x, [3, 3, 1])]), [2, 3, 1]), 'y'),
    },
    {
      title: 'a reader in a subgraph that is no convolution',
      build(g, x) {
        const stream = conv(g, x, [4, 3, 1])
        const branch = (name: string) => g.subgraph(name, (inner) => inner.output(inner.op('Relu', [stream]), name))
        const condition = g.constant(Tensor.bool([true], []))
        g.output(g.op('If', [condition], { then_branch: branch('then'), else_branch: branch('else') }), 'z')
        g.output(conv(g, stream, [2, 4, 1]), 'y')
      },
    },
  ]
  test.each(alone)('$title: left alone', ({ build }) => {
    const found = linearStreams(built(build)).filter(({ channels }) => channels === 4 || channels === 3)
    expect(found).toEqual([])
  })

  test('weights that would leave the range of float16 are not written', () => {
    const model = buildModel((g) => {
      const half = (dims: readonly number[]) =>
        g.constant(
          Tensor.fromArray('float16', dims, new Uint16Array(dims.reduce((all, size) => all * size, 1)).fill(0x3c00)),
        )
      const stream = g.op('Conv', [g.input('x', 'float16', [1, 2, 3, 3]), half([2, 2, 1, 1])])
      g.output(g.op('Conv', [stream, half([2, 2, 1, 1])]), 'y')
    })
    inferTypes(model)
    const [stream] = linearStreams(model)
    const before = [...model.graph.nodes()].map((node) => node.inputs[1])
    expect(changeBasis(model, stream!, Float64Array.of(1e6, 0, 0, 1), Float64Array.of(1e-6, 0, 0, 1))).toBe(false)
    expect([...model.graph.nodes()].map((node) => node.inputs[1])).toEqual(before)
  })
})
