import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toProto } from '../export/to-proto.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import { type DType, dtypes } from '../ir/dtype.js'
import { Tensor } from '../ir/tensor.js'
import { encodeModel } from '../onnx/codec.js'
import { compareTensors, exactTolerance, roundingTolerance } from './compare.js'
import { generateFeeds } from './feeds.js'
import { isFailure, Runtime } from './session.js'
import { verify } from './verify.js'

const bytesOf = (build: (g: GraphBuilder) => void, options = {}) => {
  const model = buildModel(build, options)
  return { model, bytes: Buffer.concat(encodeModel(toProto(model))) }
}

describe('comparison', () => {
  const f32 = (...values: number[]) => Tensor.float32(values)
  test('figures by hand', () => {
    const { maxAbs, maxRel, cosine, sqnrDb, agrees } = compareTensors('y', f32(3, 4), f32(3, 4.5), roundingTolerance)
    expect(maxAbs).toBeCloseTo(0.5, 6)
    expect(maxRel).toBeCloseTo(0.125, 6)
    expect(cosine).toBeCloseTo(27 / Math.sqrt(25 * 29.25), 6)
    expect(sqnrDb).toBeCloseTo(10 * Math.log10(25 / 0.25), 3)
    expect(agrees).toBe(false)
  })
  test.each<[string, Tensor, Tensor, boolean]>([
    ['equal', f32(1, 2), f32(1, 2), true],
    ['NaN is NaN', f32(Number.NaN, 1), f32(Number.NaN, 1), true],
    ['infinities must match', f32(Infinity, 1), f32(3e38, 1), false],
    ['within rounding', f32(1000, 1), f32(1000.5, 1), true],
    ['another shape', f32(1, 2), Tensor.float32([1, 2], [1, 2]), false],
    ['another dtype', Tensor.int64([1]), f32(1), false],
    ['integers are exact', Tensor.int64([1, 2]), Tensor.int64([1, 3]), false],
    [
      'strings',
      Tensor.fromStrings([1], () => [Buffer.from('a')]),
      Tensor.fromStrings([1], () => [Buffer.from('b')]),
      false,
    ],
  ])('%s', (_, a, b, agrees) => {
    expect(compareTensors('y', a, b, roundingTolerance).agrees).toBe(agrees)
  })
  test('exact means every bit of difference counts', () => {
    expect(compareTensors('y', f32(1), f32(1 + 2 ** -23), exactTolerance).agrees).toBe(false)
  })
})

describe('the child process', () => {
  let runtime: Runtime
  beforeAll(() => {
    runtime = new Runtime({ timeoutMs: 20_000 })
  })
  afterAll(() => runtime.close())

  const fed = dtypes.filter((dtype) => !/bfloat|float8|float4|complex|int[24]$/.test(dtype))
  test.each(fed)('%s goes in and comes out unchanged', async (dtype: DType) => {
    const { model, bytes } = bytesOf((g) => g.output(g.op('Identity', [g.input('x', dtype, [2, 3])]), 'y'), {
      opset: 17,
    })
    const session = await runtime.load({ bytes })
    if (isFailure(session)) throw new Error(session.message)
    const feeds = generateFeeds(model, { seed: 1, attempt: 0 })
    if ('reason' in feeds) throw new Error(String(feeds.reason))
    const outputs = await runtime.run(session, feeds)
    if (isFailure(outputs)) throw new Error(outputs.message)
    expect(compareTensors('y', feeds.get('x')!, outputs.get('y'), exactTolerance)).toMatchObject({ agrees: true })
  })

  test('large outputs come through unchanged, of several calls at once and one after the other', async () => {
    const { bytes } = bytesOf((g) => {
      const x = g.input('x', 'float32', [1, 'n'])
      g.output(g.op('Identity', [x]), 'same')
      g.output(g.op('Neg', [x]), 'negative')
    })
    const session = await runtime.load({ bytes })
    if (isFailure(session)) throw new Error(session.message)
    const check = async (from: number, count: number) => {
      const x = Tensor.float32(
        Array.from({ length: count }, (_, i) => from + i),
        [1, count],
      )
      const outputs = await runtime.run(session, new Map([['x', x]]))
      if (isFailure(outputs)) throw new Error(outputs.message)
      expect(outputs.get('same')!.array()).toEqual(x.array())
      const negative = outputs.get('negative')!.array() as Float32Array
      expect([negative[0], negative.at(-1)]).toEqual([from === 0 ? -0 : -from, 1 - from - count])
    }
    for (let round = 0; round < 3; round++)
      await Promise.all([30_000, 5, 9000, 70_000, 20_000].map((count, i) => check(i + round, count)))
  })

  test('a refusal is a result, and the next call works', async () => {
    expect(await runtime.load({ bytes: Buffer.from('no model') })).toMatchObject({ failure: 'load-error' })
    const { bytes } = bytesOf((g) => g.output(g.op('Relu', [g.input('x', 'float32', [1])]), 'y'))
    expect(isFailure(await runtime.load({ bytes }))).toBe(false)
  })

  test('an abort of the process is a result, and the next call gets a fresh one', async () => {
    // An int4 output ends the process.
    const { bytes } = bytesOf((g) => g.output(g.op('Cast', [g.input('x', 'float32', [4])], { to: 22 }), 'y'), {
      opset: 21,
      irVersion: 10,
    })
    const session = await runtime.load({ bytes })
    const result = isFailure(session)
      ? session
      : await runtime.run(session, new Map([['x', Tensor.float32([1, 2, 3, 4])]]))
    expect(isFailure(result)).toBe(true)
    const { bytes: good } = bytesOf((g) => g.output(g.op('Relu', [g.input('x', 'float32', [1])]), 'y'))
    expect(isFailure(await runtime.load({ bytes: good }))).toBe(false)
  })

  test('an interruption is no result: every call that waits is rejected with its reason', async () => {
    const controller = new AbortController()
    const own = new Runtime({ signal: controller.signal })
    const { bytes } = bytesOf((g) => g.output(g.op('Relu', [g.input('x', 'float32', [1])]), 'y'))
    const calls = Promise.allSettled([own.load({ bytes }), own.load({ bytes })])
    controller.abort()
    for (const call of await calls) expect(call).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
    await expect(own.load({ bytes })).rejects.toThrow(/abort/)
  })

  test('a hang is a result', async () => {
    const { bytes } = bytesOf((g) => {
      const body = g.subgraph('body', (inner) => {
        inner.input('i', 'int64', [])
        const condition = inner.input('c', 'bool', [])
        const state = inner.input('s', 'float32', [1])
        inner.output(inner.op('Identity', [condition]), 'c_out')
        inner.output(inner.op('Sin', [state]), 's_out')
      })
      g.output(
        g.op(
          'Loop',
          [
            g.constant(Tensor.int64([2n ** 60n], [])),
            g.constant(Tensor.bool([true], [])),
            g.input('x', 'float32', [1]),
          ],
          { body },
        ),
        'y',
      )
    })
    const impatient = new Runtime({ timeoutMs: 1500 })
    const session = await impatient.load({ bytes })
    if (isFailure(session)) throw new Error(session.message)
    expect(await impatient.run(session, new Map([['x', Tensor.float32([1])]]))).toMatchObject({ failure: 'timeout' })
    impatient.close()
  })
})

describe('verification', () => {
  const scaled = (factor: number) =>
    bytesOf((g) =>
      g.output(g.op('Mul', [g.input('x', 'float32', ['n', 3]), g.constant(Tensor.float32([factor]))]), 'y'),
    )

  test('agrees, differs, and says by how much', async () => {
    const { model, bytes } = scaled(2)
    expect(await verify({ bytes }, { bytes: scaled(2).bytes }, model)).toMatchObject({
      verdict: 'agrees',
      outputs: [{ name: 'y', maxAbs: 0 }],
    })
    const found = await verify({ bytes }, { bytes: scaled(2.5).bytes }, model)
    expect(found.verdict).toBe('differs')
    expect(found.reason).toMatch(/output "y" off by up to/)
    expect(found.outputs[0]!.maxAbs).toBeGreaterThan(0)
  })

  test('what the original cannot do is unverified, what only the result cannot do differs', async () => {
    const { model, bytes } = scaled(2)
    const broken = Buffer.from('broken')
    expect(await verify({ bytes: broken }, { bytes }, model)).toMatchObject({ verdict: 'unverified' })
    expect(await verify({ bytes }, { bytes: broken }, model)).toMatchObject({ verdict: 'differs' })
    const opaque = bytesOf(
      (g) => g.output(g.node('Magic', [g.input('x', 'float32', [1])], {}, 1, 'nobody').outputs[0]!, 'y'),
      { domains: { nobody: 1 } },
    )
    const found = await verify({ bytes: opaque.bytes }, { bytes: opaque.bytes }, opaque.model)
    expect(found.verdict).toBe('unverified')
    expect(found.reason).toMatch(/does not take the original/)
  })

  test('random operators: shapes only', async () => {
    const { model, bytes } = bytesOf((g) => g.output(g.op('RandomUniformLike', [g.input('x', 'float32', [4])]), 'y'))
    expect((await verify({ bytes }, { bytes }, model)).verdict).toBe('agrees')
  })

  test('inputs that the graph compares with constants, or indexes with, get values that fit', async () => {
    const { model, bytes } = bytesOf((g) => {
      const index = g.input('index', 'int64', [4])
      const rate = g.input('rate', 'int64', [])
      const rows = g.op('Gather', [g.constant(Tensor.float32([1, 2, 3, 4, 5], [5, 1])), index])
      const isRight = g.op('Cast', [g.op('Equal', [rate, g.constant(Tensor.int64([16000], []))])], { to: 1 })
      g.output(g.op('Div', [rows, isRight]), 'y')
    })
    for (const attempt of [0, 1, 2, 3]) {
      const feeds = generateFeeds(model, { seed: 5, attempt })
      if ('reason' in feeds) throw new Error(String(feeds.reason))
      expect(feeds.get('rate')!.numbers()[0]).toBe(16000)
      for (const index of Array.from(feeds.get('index')!.numbers())) expect(index).toBeLessThan(5)
    }
    expect((await verify({ bytes }, { bytes }, model)).verdict).toBe('agrees')
  })

  test('the same seed gives the same inputs', () => {
    const { model } = scaled(1)
    const draw = (seed: number) => {
      const feeds = generateFeeds(model, { seed, attempt: 0, symbols: new Map([['n', 2]]) })
      return feeds instanceof Map ? Array.from(feeds.get('x')!.numbers()) : []
    }
    expect(draw(4)).toEqual(draw(4))
    expect(draw(4)).not.toEqual(draw(5))
  })
})
