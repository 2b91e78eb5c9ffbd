import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { estimate } from '../src/estimator/estimate.js'
import { loadTarget, targetNames } from '../src/hw/target.js'
import { readModel } from '../src/import/read-model.js'
import { buildModel } from '../src/ir/build.js'
import { Tensor } from '../src/ir/tensor.js'
import { describeWithShared } from './shared-assets.js'

const neuralEngine = loadTarget('neural-engine')
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/shapes/${name}`, import.meta.url))

describe('estimates', () => {
  test('by hand: a convolution with free activation and a residual add', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 32, 16, 16])
      const conv = g.op('Conv', [x, g.constant(Tensor.float32(new Array(32 * 32 * 9).fill(0.1), [32, 32, 3, 3]))], {
        pads: [1, 1, 1, 1],
      })
      g.output(g.op('Add', [g.op('Relu', [conv]), x]), 'y')
    })
    const metrics = estimate(model, neuralEngine)
    // 256 positions x 9 taps = 2304 cycles and 1500; 2 x 8192 elements / 64 = 256 cycles and 1500. Weights: 9216 bytes, 1152 cycles.
    expect(metrics.kernels.map(({ kind }) => kind)).toEqual(['convolution', 'vector'])
    expect(metrics.latencyMs).toBeCloseTo((2304 + 1500 + 256 + 1500) / 1e6, 9)
    expect(metrics.macs).toBe(256 * 9 * 32 * 32)
    expect(metrics.weightBytes).toBe(9216)
    expect(metrics.dramBytes).toBe(9216)
    // Input, and the convolution's output; then the sum, which is written over one of the two: both are read here last.
    expect(metrics.peakActivationBytes).toBe(2 * 8192)
    expect(metrics.memory).toMatchObject({
      peakKernel: metrics.memory.timeline[0]!.kernel,
      lowerBoundBytes: 2 * 8192,
      provedOptimal: true,
      inPlace: 1,
      arenaBytes: 2 * 8192,
      residentWeightBytes: 0,
      streamedWeightBytes: 9216,
      fitsSram: true,
      fitsSramWithWeights: true,
    })
    expect(metrics.memory.timeline.map(({ liveBytes }) => liveBytes)).toEqual([2 * 8192, 2 * 8192])
    // Once through the SRAM: weights, two activations of the convolution, three of the sum. From DRAM: weights.
    const [macPj, sramPj, dramPj] = [256 * 9216 * 0.3, (9216 + 5 * 8192) * 12.5, 9216 * 162]
    expect(metrics.energyMj).toBeCloseTo((macPj + sramPj + dramPj) * 1e-9, 12)
    expect(metrics.energy.macMj).toBeCloseTo(macPj * 1e-9, 12)
    expect(metrics.energy.sramMj).toBeCloseTo(sramPj * 1e-9, 12)
    expect(metrics.energy.dramMj).toBeCloseTo(dramPj * 1e-9, 12)
    expect(metrics.energy.onChipPicojoulesPerMac).toBeCloseTo((macPj + sramPj) / (256 * 9216), 9)
    // A million times 2.83 uJ is 2.83 J; 3.6 MJ are a kWh.
    expect(metrics.energy.kWhPerDay).toBeCloseTo(((macPj + sramPj + dramPj) * 1e-12 * 1e6) / 3.6e6, 15)
    expect(metrics.energy.kWhPerYear).toBeCloseTo(metrics.energy.kWhPerDay * 365, 12)
  })

  test('an activation over half the SRAM moves through DRAM, there and back, and pays for it', () => {
    // 600,000 bytes are over 524,288; 500,000 are not. Softmax: nothing is written over its operand.
    const energyOfRow = (elements: number) =>
      estimate(
        buildModel((g) => g.output(g.op('Softmax', [g.op('Softmax', [g.input('x', 'float32', [1, elements])])]))),
        neuralEngine,
      )
    const large = energyOfRow(600_000)
    expect(large.dramBytes).toBe(4 * 600_000)
    expect(large.energyMj).toBeCloseTo(4 * 600_000 * (12.5 + 162) * 1e-9, 12)
    expect(large.memory).toMatchObject({ peakBytes: 1_200_000, onChipPeakBytes: 0, fitsSram: false })
    const small = energyOfRow(500_000)
    expect(small.dramBytes).toBe(0)
    expect(small.energyMj).toBeCloseTo(4 * 500_000 * 12.5 * 1e-9, 12)
    expect(small.memory).toMatchObject({ peakBytes: 1_000_000, onChipPeakBytes: 1_000_000, fitsSram: true })
  })

  test('folding BatchNormalization changes no cycle: the array does it for free', async () => {
    const [raw, folded] = [await readModel(fixture('shapes_ibn.raw.onnx')), await readModel(fixture('shapes_ibn.onnx'))]
    expect(estimate(folded, neuralEngine).macs).toBe(estimate(raw, neuralEngine).macs)
    expect(estimate(folded, neuralEngine).kernels.length).toBe(estimate(raw, neuralEngine).kernels.length)
  })

  test('a batch of four costs up to four times as much; unbound sizes are assumed and said to be', async () => {
    const one = estimate(await readModel(fixture('shapes_ibn.onnx')), neuralEngine)
    const four = estimate(await readModel(fixture('shapes_ibn.onnx')), neuralEngine, {
      symbols: new Map([['batch', 4]]),
    })
    expect(one.assumptions.join()).toMatch(/= 1/)
    expect(four.macs).toBe(4 * one.macs)
    expect(four.latencyMs).toBeLessThan(4 * one.latencyMs)
  })

  test.each(targetNames())('%s gives sane figures for a trained network', async (name) => {
    const metrics = estimate(await readModel(fixture('shapes_ibn.onnx')), loadTarget(name))
    expect(metrics.latencyMs).toBeGreaterThan(0)
    const [low, high] = metrics.latencyMsInterval
    expect(low).toBeLessThanOrEqual(metrics.latencyMs)
    expect(high).toBeGreaterThanOrEqual(metrics.latencyMs)
    expect(metrics.kernels.reduce((sum, { latencyMs }) => sum + latencyMs, 0)).toBeCloseTo(metrics.latencyMs, 9)
    for (const { utilisation } of metrics.kernels) expect(utilisation).toBeLessThanOrEqual(1.000001)
  })
})

describeWithShared('known networks', (assets) => {
  // MACs for one image, from the architecture tables of the trained nets.
  test.each([
    ['cifar_ibn.onnx', 8_007_360],
    ['cifar_ibn.raw.onnx', 8_007_360],
    ['cifar_dw.onnx', 5_297_790],
    ['camvid_seg.onnx', 43_890_624],
    ['person_det.onnx', 51_935_488],
  ])('%s: %i MACs', async (name, macs) => {
    expect(estimate(await readModel(assets.file('trained', name)), neuralEngine).macs).toBe(macs)
  })

  test('MobileNetV2 at 224 takes what a reference calculation gave, 2.19 ms, within 2 %', async () => {
    const { latencyMs } = estimate(await readModel(assets.file('models', 'mobilenetv2_1.0_224.onnx')), neuralEngine)
    expect(Math.abs(latencyMs / 2.19 - 1)).toBeLessThan(0.02)
  })

  // Convolutional networks, where arithmetic and not movement is most of the work.
  test.each([
    ['models', 'mobilenetv2_1.0_224.onnx'],
    ['models', 'mobilefacenet.onnx'],
    ['models', 'super_resolution.onnx'],
    ['models', 'yolox_nano.onnx'],
    ['trained', 'camvid_seg.onnx'],
    ['trained', 'person_det.onnx'],
  ])('%s/%s: an int8 MAC with its traffic on the chip costs what products need, 0.3 to 3 pJ', async (folder, name) => {
    const { energy } = estimate(await readModel(assets.file(folder, name)), neuralEngine)
    expect(energy.plausible, `${energy.onChipPicojoulesPerMac} pJ`).toBe(true)
  })
})
