import { describe, expect, test } from 'vitest'
import { activate, bottleneckModel } from '../../../test/architecture/bottleneck.js'
import { firstRun, run } from '../../../test/architecture/run-model.js'
import { useRuntime } from '../../../test/passes/equivalence.js'
import { describeWithShared } from '../../../test/shared-assets.js'
import { readModel } from '../../import/read-model.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { verifyGraph } from '../../ir/verify.js'
import { compareTensors, roundingTolerance } from '../../runtime/compare.js'
import { SeededRandom } from '../../runtime/random.js'
import { cloneModel } from '../clone-model.js'
import { applyConvolution, convolutionAlternatives } from './apply-convolution.js'
import { nodeName } from './block.js'
import { Correspondence } from './correspondence.js'
import type { ConvolutionDecision } from './decision.js'
import { isDeclined } from './declined.js'
import { convolved } from './kernel-factors.js'
import type { Rewritten } from './rewritten.js'

const holder = useRuntime()

type Alternative = Omit<ConvolutionDecision, 'kind' | 'node'>

interface Window {
  readonly channels?: readonly [number, number]
  readonly kernel?: readonly [number, number]
  readonly strides?: readonly [number, number]
  readonly dilations?: readonly [number, number]
  readonly pads?: readonly [number, number, number, number]
  readonly group?: number
  readonly size?: readonly [number | string, number | string]
  readonly weights?: readonly number[]
}

function weights(seed: number) {
  const random = new SeededRandom(seed)
  return (dims: readonly number[]) =>
    Tensor.float32(
      Array.from({ length: volume(dims) }, () => random.uniform() * 2 - 1),
      dims,
    )
}

/** x -> Conv -> BatchNormalization -> y. */
const convolution = (w: Window): Model =>
  buildModel((g) => {
    const draw = weights(3)
    const { channels = [3, 4], kernel = [3, 3], group = 1, size = [8, 8] } = w
    const dims = [channels[1], channels[0] / group, ...kernel]
    const weight = w.weights === undefined ? draw(dims) : Tensor.float32(w.weights, dims)
    const x = g.input('x', 'float32', [1, channels[0], ...size])
    const { strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = w
    const y = g.op('Conv', [x, g.constant(weight), g.constant(draw([channels[1]]))], {
      group,
      strides: [...strides],
      dilations: [...dilations],
      pads: [...pads],
    })
    const positive = () => Tensor.float32(Array.from(draw([channels[1]]).numbers(), Math.abs))
    const parameters = [positive(), draw([channels[1]]), draw([channels[1]]), positive()]
    g.output(g.op('BatchNormalization', [y, ...parameters.map((tensor) => g.constant(tensor))]), 'y')
  })

function changed(model: Model, alternative: Alternative, node = 'Conv') {
  const after = cloneModel(model)
  inferTypes(after)
  const correspondence = new Correspondence()
  const result = applyConvolution(after, { kind: 'convolution', node, ...alternative }, correspondence)
  expect(verifyGraph(after)).toEqual([])
  return { after, result, correspondence }
}

function rewritten(model: Model, alternative: Alternative, node = 'Conv') {
  const outcome = changed(model, alternative, node)
  if (isDeclined(outcome.result)) throw new Error(`${outcome.result.reason} at ${outcome.result.place}`)
  return { ...outcome, result: outcome.result as Rewritten }
}

function why(model: Model, alternative: Alternative, node = 'Conv'): string {
  const { result } = changed(model, alternative, node)
  return isDeclined(result) ? result.reason : 'not declined'
}

const opTypes = (model: Model) => [...model.allNodes()].map(({ opType }) => opType)

/** Largest difference of the outputs, relative to the largest output. */
async function difference(before: Model, after: Model): Promise<number> {
  inferTypes(before)
  const { feeds, results } = await firstRun(holder.runtime, before)
  const [expected, actual] = [results.get('y')!, (await run(holder.runtime, after, feeds)).get('y')!]
  expect(actual.dims).toEqual(expected.dims)
  const [a, b] = [expected.numbers(), actual.numbers()]
  let [most, largest] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!))
    largest = Math.max(largest, Math.abs(a[i]!))
  }
  return most / largest
}

const tolerance = 1e-5

async function expectSame(before: Model, alternative: Alternative): Promise<Model> {
  const { after, result } = rewritten(before, alternative)
  expect(result.kind).toBe('rounding')
  expect(await difference(before, after)).toBeLessThan(tolerance)
  return after
}

describe('space to depth', () => {
  test.each<[string, Window]>([
    ['3x3 stride 2 with padding all around', { strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['3x3 stride 2 with padding at the end', { strides: [2, 2], pads: [0, 0, 1, 1] }],
    ['7x7 stride 2', { kernel: [7, 7], strides: [2, 2], pads: [3, 3, 3, 3], size: [16, 12] }],
    ['4x4 stride 4: patches', { kernel: [4, 4], strides: [4, 4], size: [12, 8] }],
    [
      '3x5 stride 3, dilated',
      { kernel: [3, 5], strides: [3, 3], dilations: [2, 1], pads: [2, 1, 2, 3], size: [12, 9] },
    ],
    ['a window inside the image', { kernel: [2, 2], strides: [2, 2], size: [6, 6] }],
    ['1x1 stride 2', { kernel: [1, 1], strides: [2, 2] }],
  ])('%s', async (_, window) => {
    const after = await expectSame(convolution(window), { alternative: 'space-to-depth' })
    expect(opTypes(after)).toEqual(['SpaceToDepth', 'Conv'])
    expect(after.graph.last!.ints('strides')).toEqual([1, 1])
  })

  test('a stem of 3 channels has 12, and its blocks stand for nothing', () => {
    const { after, correspondence } = rewritten(convolution({ strides: [2, 2], pads: [1, 1, 1, 1] }), {
      alternative: 'space-to-depth',
    })
    expect(after.graph.last!.inputs[1]!.tensor!.dims).toEqual([4, 12, 2, 2])
    expect(correspondence.of(after.graph.first!.outputs[0]!)).toBeUndefined()
  })

  test.each<[string, Window]>([
    ['not-strided', {}],
    ['not-strided', { strides: [2, 1] }],
    ['grouped-convolution', { channels: [4, 4], group: 4, strides: [2, 2] }],
    ['symbolic-size', { strides: [2, 2], size: ['h', 'w'] }],
    ['indivisible-size', { strides: [2, 2], size: [9, 8] }],
  ])('%s', (reason, window) => expect(why(convolution(window), { alternative: 'space-to-depth' })).toBe(reason))
})

describe('row and column', () => {
  test.each<[string, Window, number]>([
    ['of full rank', { kernel: [3, 3], pads: [1, 1, 1, 1] }, 9],
    [
      'with strides, dilations and uneven padding',
      { kernel: [3, 5], strides: [2, 3], dilations: [2, 1], pads: [2, 1, 1, 2], size: [11, 13] },
      9,
    ],
    ['in groups', { channels: [4, 6], group: 2, pads: [1, 1, 1, 1] }, 6],
    ['depthwise', { channels: [4, 4], group: 4, kernel: [5, 5], pads: [2, 2, 2, 2] }, 5],
  ])('%s are the same', async (_, window, rank) => {
    const after = await expectSame(convolution(window), { alternative: 'row-column', rank })
    expect(opTypes(after)).toEqual(['Conv', 'Conv'])
  })

  test('of a separable kernel lose nothing with rank 1', async () => {
    const blur = [1, 2, 1, 2, 4, 2, 1, 2, 1]
    await expectSame(convolution({ channels: [2, 2], group: 2, weights: [...blur, ...blur.map((v) => -v)] }), {
      alternative: 'row-column',
    })
  })

  test('of a lower rank say what they lack', async () => {
    const before = convolution({ kernel: [3, 3], pads: [1, 1, 1, 1] })
    const shares: number[] = []
    for (const rank of [1, 3, 6]) {
      const { result } = rewritten(before, { alternative: 'row-column', rank })
      expect(result.kind).toBe('lossy')
      shares.push(Number(/lacks ([\d.]+) %/.exec(result.why)![1]))
    }
    expect(shares).toEqual([...shares].sort((a, b) => b - a))
  })

  test.each<[string, Window, number]>([
    ['no-plane-kernel', { kernel: [1, 3] }, 1],
    ['impossible-rank', {}, 10],
    ['impossible-rank', {}, 0],
  ])('%s', (reason, window, rank) => expect(why(convolution(window), { alternative: 'row-column', rank })).toBe(reason))
})

describe('stacked depthwise convolutions', () => {
  /** 5x5 kernels that are products of 3x3 ones, one for each of two channels. */
  function products(): number[] {
    const draw = weights(6)
    const factor = () => Float64Array.from(draw([3, 3]).numbers())
    return [0, 1].flatMap(() => [...convolved(factor(), factor())])
  }

  test('of a 5x5 kernel that is a product are it, stride and border included', async () => {
    const before = convolution({
      channels: [2, 2],
      group: 2,
      kernel: [5, 5],
      strides: [2, 2],
      pads: [2, 2, 2, 2],
      weights: products(),
    })
    const { after, result } = rewritten(before, { alternative: 'stacked' })
    expect(opTypes(after)).toEqual(['Conv', 'Conv'])
    expect(await difference(before, after)).toBeLessThan(tolerance)
    expect(result.fitted).toHaveLength(1)
  })

  test('of 7x7 are three', () => {
    const before = convolution({ channels: [2, 2], group: 2, kernel: [7, 7], pads: [3, 3, 3, 3] })
    const { after, result } = rewritten(before, { alternative: 'stacked' })
    expect(opTypes(after)).toEqual(['Conv', 'Conv', 'Conv'])
    expect(result).toMatchObject({ kind: 'lossy', why: expect.stringMatching(/^lacks \d/) })
  })

  test('a channel of zeros stays zero', async () => {
    const zeros = new Array<number>(25).fill(0)
    const before = convolution({
      channels: [2, 2],
      group: 2,
      kernel: [5, 5],
      weights: [...zeros, ...products().slice(0, 25)],
    })
    expect(await difference(before, rewritten(before, { alternative: 'stacked' }).after)).toBeLessThan(tolerance)
  })

  test.each<[string, Window]>([
    ['no-large-depthwise', { kernel: [5, 5] }],
    ['no-large-depthwise', { channels: [2, 2], group: 2 }],
    ['dilated-kernel', { channels: [2, 2], group: 2, kernel: [5, 5], dilations: [2, 2], size: [12, 12] }],
  ])('%s', (reason, window) => expect(why(convolution(window), { alternative: 'stacked' })).toBe(reason))
})

describe('a kernel of another size', () => {
  const pads = [2, 2, 2, 2] as const

  test('larger is the same with zeros around', async () => {
    const after = await expectSame(convolution({ pads: [1, 1, 1, 1] }), { alternative: 'kernel', kernel: 5 })
    expect(after.graph.first!.ints('pads')).toEqual([2, 2, 2, 2])
  })

  test('without holes is the same with zeros in them', async () => {
    await expectSame(convolution({ dilations: [2, 2], pads }), { alternative: 'kernel', kernel: 5 })
  })

  test.each<[string, Alternative, number]>([
    ['5x5 as 3x3', { alternative: 'kernel', kernel: 3 }, 1],
    ['5x5 as 3x3 with dilation 2', { alternative: 'kernel', kernel: 3, dilation: 2 }, 2],
  ])('%s is the same on a constant image, away from the border', async (_, alternative, pad) => {
    const before = convolution({ kernel: [5, 5], pads, size: [12, 12] })
    const { after, result } = rewritten(before, alternative)
    expect(result.kind).toBe('lossy')
    expect(after.graph.first!.ints('pads')).toEqual([pad, pad, pad, pad])
    inferTypes(before)
    const feeds = new Map([['x', Tensor.float32(new Array(3 * 144).fill(0.7), [1, 3, 12, 12])]])
    const [a, b] = [await run(holder.runtime, before, feeds), await run(holder.runtime, after, feeds)]
    const centre = 6 * 12 + 6
    for (let channel = 0; channel < 4; channel++) {
      const at = channel * 144 + centre
      expect(b.get('y')!.numbers()[at]).toBeCloseTo(a.get('y')!.numbers()[at]!, 4)
    }
  })

  test.each<[string, Window, Alternative]>([
    ['uncentred-kernel', {}, { alternative: 'kernel', kernel: 2 }],
    ['window-in-image', { kernel: [5, 5] }, { alternative: 'kernel', kernel: 3 }],
    ['no-kernel', {}, { alternative: 'kernel', kernel: 1.5 }],
  ])('%s', (reason, window, alternative) => expect(why(convolution(window), alternative)).toBe(reason))
})

describe('one with the convolution before', () => {
  const pair = (activation: 'none' | 'Relu', gate = false) =>
    buildModel((g: GraphBuilder) => {
      const draw = weights(9)
      const x = g.input('x', 'float32', [1, 3, 8, 8])
      const first = g.op('Conv', [x, g.constant(draw([4, 3, 3, 3])), g.constant(draw([4]))], { dilations: [2, 2] })
      let between = activate(g, first, activation, 4)
      if (gate) between = g.op('Mul', [between, g.op('Sigmoid', [g.op('GlobalAveragePool', [between])])])
      g.output(g.op('Conv', [between, g.constant(draw([2, 4, 2, 2])), g.constant(draw([2]))]), 'y')
    })

  test('is the same function without an activation', async () => {
    const { after, result } = rewritten(pair('none'), { alternative: 'merged-with-previous' }, 'y')
    expect(result.kind).toBe('rounding')
    expect(opTypes(after)).toEqual(['Conv'])
    expect(after.graph.first!.inputs[1]!.tensor!.dims).toEqual([2, 3, 6, 6])
    expect(await difference(pair('none'), after)).toBeLessThan(tolerance)
  })

  test('drops an activation', () => {
    expect(rewritten(pair('Relu'), { alternative: 'merged-with-previous' }, 'y').result).toMatchObject({
      kind: 'lossy',
      why: 'drops the activation Relu',
    })
  })

  test('is declined without one, and behind a gate', () => {
    expect(why(convolution({}), { alternative: 'merged-with-previous' })).toBe('no-previous')
    expect(why(pair('Relu', true), { alternative: 'merged-with-previous' }, 'y')).toBe('squeeze-excite')
  })
})

test('a convolution with groups as a standard one', async () => {
  const after = await expectSame(convolution({ channels: [4, 6], group: 2 }), { alternative: 'standard' })
  expect(after.graph.first!.inputs[1]!.tensor!.dims).toEqual([6, 4, 3, 3])
  expect(why(convolution({}), { alternative: 'standard' })).toBe('one-group')
})

test('a name that is none of a convolution', () => {
  const { result } = changed(bottleneckModel({ in: 2, middle: 6, out: 2 }), { alternative: 'standard' }, 'nowhere')
  expect(result).toMatchObject({ reason: 'unknown-convolution', remedy: 'name a convolution: Conv, Conv_1, y' })
})

describeWithShared('every alternative of every convolution', (assets) => {
  test.each(['cifar_ibn', 'cifar_dw.raw', 'camvid_seg'])(
    'of %s runs',
    async (name) => {
      const model = await readModel(assets.file('trained', `${name}.onnx`))
      inferTypes(model)
      const { feeds, results } = await firstRun(holder.runtime, model)
      const [output, expected] = [...results][0]!
      const counts = new Map<string, number>()
      for (const node of [...model.graph.nodes()].filter((each) => each.is('Conv'))) {
        for (const alternative of convolutionAlternatives(node)) {
          const { after, result } = rewritten(model, { alternative }, nodeName(node))
          const actual = (await run(holder.runtime, after, feeds)).get(output)!
          expect(actual.dims).toEqual(expected.dims)
          if (result.kind !== 'lossy') {
            const { agrees, reason } = compareTensors(output, expected, actual, roundingTolerance)
            expect(agrees, `${node.label} ${alternative}: ${reason}`).toBe(true)
          }
          counts.set(alternative, (counts.get(alternative) ?? 0) + 1)
        }
      }
      expect(counts.get('standard')).toBeGreaterThan(0)
      expect(counts.get('row-column')).toBeGreaterThan(0)
    },
    300_000,
  )
})
