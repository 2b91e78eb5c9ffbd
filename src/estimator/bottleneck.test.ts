import { describe, expect, test } from 'vitest'
import { loadTarget, targetNames } from '../hw/target.js'
import { buildModel } from '../ir/build.js'
import { Tensor } from '../ir/tensor.js'
import { type Bottleneck, bottleneckOf } from './bottleneck.js'
import { lanesOf, widthStep } from './lanes.js'
import { changedKernels, latencyOf, macsOf, profile } from './profile.js'

/** One convolution of a 1 x `inChannels` x `size` x `size` input; depthwise where `groups` is the channels. */
const convolution = (inChannels: number, outChannels: number, size: number, kernel: number, groups = 1) =>
  buildModel((g) => {
    const x = g.input('x', 'float32', [1, inChannels, size, size])
    const taps = (inChannels / groups) * kernel * kernel
    const w = g.constant(
      Tensor.fromArray(
        'float32',
        [outChannels, inChannels / groups, kernel, kernel],
        new Float32Array(outChannels * taps),
      ),
    )
    const pad = (kernel - 1) / 2
    g.output(g.op('Conv', [x, w], { group: groups, pads: [pad, pad, pad, pad] }), 'y')
  })

const kernelsOf = (model: ReturnType<typeof convolution>, target: string) => profile(model, loadTarget(target)).kernels

describe('lanes', () => {
  test.each([
    ['neural-engine', { input: 32, output: 32 }, 32],
    ['systolic-16x16-ws', { input: 16, output: 16 }, 16],
    ['systolic-64x64-os', { input: 1, output: 64 }, 64],
    ['systolic-64x64-is', { input: 64, output: 1 }, 64],
    ['ethos-u55-128', { input: 8, output: 8 }, 8],
    ['cpu', undefined, undefined],
  ])('%s', (name, lanes, step) => {
    expect(lanesOf(loadTarget(name))).toEqual(lanes)
    expect(widthStep(loadTarget(name))).toBe(step)
  })

  test('the step is a multiple of both', () => {
    for (const target of targetNames().map(loadTarget)) {
      const lanes = lanesOf(target)
      if (lanes === undefined) continue
      expect(widthStep(target)! % lanes.input).toBe(0)
      expect(widthStep(target)! % lanes.output).toBe(0)
    }
  })
})

describe('bottlenecks', () => {
  test.each<[string, ReturnType<typeof convolution>, string, Bottleneck]>([
    [
      'depthwise on a dot-product array',
      convolution(96, 96, 56, 3, 96),
      'neural-engine',
      { kind: 'few-lanes', layer: 'depthwise', side: 'input', used: 1, lanes: 32 },
    ],
    [
      'depthwise on a systolic array: one column',
      convolution(96, 96, 56, 3, 96),
      'systolic-16x16-ws',
      { kind: 'few-lanes', layer: 'depthwise', side: 'output', used: 1, lanes: 16 },
    ],
    [
      'channels that do not fill the last pass',
      convolution(64, 40, 56, 3),
      'neural-engine',
      { kind: 'idle-lanes', side: 'output', channels: 40, lanes: 32, idle: 24 },
    ],
    ['large weights for few positions', convolution(512, 512, 4, 3), 'neural-engine', { kind: 'weights-stream' }],
    ['activations over the SRAM', convolution(32, 32, 400, 1), 'neural-engine', { kind: 'activations-stream' }],
    ['a tiny layer', convolution(8, 8, 4, 1), 'neural-engine', { kind: 'overhead', kernels: 1 }],
  ])('%s', (_, model, target, expected) => {
    expect(bottleneckOf(kernelsOf(model, target), loadTarget(target))).toEqual(expected)
  })

  test('an array that is well used', () => {
    const found = bottleneckOf(kernelsOf(convolution(64, 64, 56, 3), 'neural-engine'), loadTarget('neural-engine'))
    if (found?.kind !== 'computing') throw new Error(found?.kind)
    expect(found.utilisation).toBeGreaterThan(0.9)
  })

  test('a predictor says where the time goes', () => {
    const found = bottleneckOf(kernelsOf(convolution(64, 64, 56, 3), 'cpu'), loadTarget('cpu'))
    if (found?.kind !== 'most-time') throw new Error(found?.kind)
    expect(found.layer).toBe('convolution')
    expect(found.share).toBeGreaterThan(0.9)
    expect(found.share).toBeLessThanOrEqual(1)
  })

  test('nothing holds back nothing', () => {
    expect(bottleneckOf([], loadTarget('neural-engine'))).toBeUndefined()
  })
})

describe('changed kernels', () => {
  const two = (width: number) =>
    buildModel((g) => {
      const x = g.input('x', 'float32', [1, 32, 28, 28])
      const layer = (input: typeof x, inChannels: number, outChannels: number) =>
        g.op('Conv', [
          input,
          g.constant(
            Tensor.fromArray('float32', [outChannels, inChannels, 1, 1], new Float32Array(inChannels * outChannels)),
          ),
        ])
      g.output(layer(layer(layer(x, 32, 32), 32, width), width, 32), 'y')
    })

  test('are those that a width touches, on both sides', () => {
    const target = loadTarget('neural-engine')
    const [before, after] = [two(64), two(32)].map((model) => profile(model, target))
    const changed = changedKernels(before!, after!)
    expect([changed.before.length, changed.after.length]).toEqual([2, 2])
    const saved = before!.metrics.latencyMs - after!.metrics.latencyMs
    expect(latencyOf(changed.before) - latencyOf(changed.after)).toBeCloseTo(saved, 12)
    expect(macsOf(changed.before)).toBe(2 * 28 * 28 * 32 * 64)
    expect(changedKernels(before!, before!)).toEqual({ before: [], after: [] })
  })
})
