import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConvolutionSizes, convolutionShape } from '../../convolution-shape.js'
import type { KernelShape } from '../../shape.js'
import { loadTarget, type MicroblockTarget, targetNames } from '../../target.js'
import { kernelCost } from '../index.js'
import { lonePlacement, type MicroblockCost, microblockCost } from './cost.js'
import type { MicroblockPlacement } from './placement.js'

const names = targetNames().filter((name) => name.startsWith('ethos-'))
const load = (name: string) => loadTarget(name) as MicroblockTarget
const u55 = load('ethos-u55-128')
const inSram = { dramInputBytes: 0, dramOutputBytes: 0 }

/** Cost with all filters there when the kernel starts, unless `changes` says else. */
function costOf(shape: KernelShape, target = u55, changes: Partial<MicroblockPlacement> = {}): MicroblockCost {
  const placement = { ...lonePlacement(shape, target, inSram), slackCycles: 1e9, ...changes }
  return microblockCost(shape, target, placement)
}

const blockOf = ({ operations: [first] }: MicroblockCost) => {
  const { height, width, channels } = first!.plan.output
  return `${height}x${width}x${channels}`
}

const convolution = (sizes: ConvolutionSizes) => convolutionShape(sizes)
const depthwise = (channels: number, size: number, stride = 1) =>
  convolution({ inChannels: channels, outChannels: channels, groups: channels, size, kernel: 3, stride })

const other = (kind: 'matmul' | 'pool' | 'vector', op: string, changes: Partial<KernelShape>): KernelShape => ({
  ...convolution({ inChannels: 8, outChannels: 8, size: 4 }),
  kind,
  op,
  weightBytes: 0,
  macs: 0,
  ...changes,
})

const product = other('matmul', 'Gemm', {
  ...{ inHeight: 1, inWidth: 1, inChannels: 640, outHeight: 1, outWidth: 1, outChannels: 128 },
  ...{ inputBytes: 640, outputBytes: 128, weightBytes: 81920, macs: 81920 },
})
const sum = other('vector', 'Add', {
  ...{ inHeight: 32, inWidth: 32, inChannels: 40, outHeight: 32, outWidth: 32, outChannels: 40 },
  ...{ inputBytes: 81920, outputBytes: 40960, activations: 3 },
})
const maxPool = other('pool', 'MaxPool', { kernelHeight: 2, kernelWidth: 2, inputBytes: 128, outputBytes: 128 })
const linear = { home: 'sram', layout: 'linear' } as const

describe('cycles on microblocks, by hand (Ethos-U55-128: 1 x 2 x 8 outputs a step, 8 input channels)', () => {
  test.each<[string, KernelShape, Partial<MicroblockPlacement>, string, number, number]>([
    // Block of 4 x 16 x 32: 4 x 8 steps x 4 deep x 4 cycles, channels 32 at a time: 512 x 2 = 1024; output 2048 / 2 the
    // same; 8 blocks and the last output. SRAM: the input for each half of the outputs, 2 x 16384, and 16384 at 8 a cycle.
    ['1x1', convolution({ inChannels: 64, outChannels: 64, size: 16 }), {}, '4x16x32', 8 * 1024 + 1024, 6144],
    // 8 x 4 steps x 2 deep x 4 cycles x 3 groups of taps = 768; output 1024 / 2 = 512; 8 blocks. Input once, output once.
    ['depthwise 3x3', depthwise(128, 8), {}, '8x8x16', 8 * 768 + 512, 2048],
    // One step x 16 deep x 32 cycles of decoding x 20 slices of channels = 10240. Output: biases, 10 bytes x 128 from
    // flash, 320; a quarter of the way: (32 + 4 + 32 + 16 + 320 + 10240) / 4 = 2661.
    ['a matrix-vector product', product, { input: linear }, '1x2x128', 10240 + 2661, 20 + 16 + 60],
    // 1.5 cycles for each of 32 x 32 x 48 elements: bricks of 16 channels.
    ['an addition', sum, {}, '8x32x16', 73728, (3 * 32 * 32 * 48) / 8],
    // 4 x 4 steps x 4 cycles = 32, output 32; a quarter of the way: (32 + 64 + 32 + 64 + 32 + 32) / 4 = 64, twice.
    ['a small pool', maxPool, { input: linear, output: linear }, '4x4x8', 128, 128],
  ])('%s', (_, shape, changes, block, npuCycles, sramCycles) => {
    const cost = costOf(shape, u55, changes)
    expect(blockOf(cost)).toBe(block)
    expect(cost.computeCycles).toBe(npuCycles)
    if (shape !== product) expect(cost.operations[0]!.sramCycles).toBe(sramCycles)
  })

  test('rows of even width use a flat microblock on 2 x 2 x 8', () => {
    const row = (width: number): KernelShape => ({
      ...convolution({ inChannels: 256, outChannels: 64, size: 16 }),
      ...{ inHeight: 1, outHeight: 1, inWidth: width, outWidth: width },
    })
    const target = load('ethos-u55-256')
    // 64 columns: 16 steps instead of 32.
    expect(costOf(row(64), target).computeCycles).toBeLessThan(0.7 * costOf(row(65), target).computeCycles)
  })

  test('two cores halve the multiplications', () => {
    const shape = convolution({ inChannels: 128, outChannels: 128, size: 16, kernel: 3 })
    const [one, two] = [costOf(shape, load('ethos-u65-256')), costOf(shape, load('ethos-u65-512'))]
    expect(one.computeCycles / two.computeCycles).toBeCloseTo(2, 1)
  })

  // The figures Vela gives for this pool: blocks of the larger array fetch more rows twice.
  test('a larger array is not always faster', () => {
    const pool = other('pool', 'MaxPool', {
      ...{ inHeight: 25, inWidth: 25, inChannels: 104, outHeight: 13, outWidth: 13, outChannels: 104 },
      ...{ kernelHeight: 3, kernelWidth: 3, strideHeight: 2, strideWidth: 2 },
      ...{ inputBytes: 65000, outputBytes: 17576 },
    })
    const outside = { input: linear, output: linear }
    expect(costOf(pool, load('ethos-u55-256'), outside).cycles).toBe(61594)
    expect(costOf(pool, u55, outside).cycles).toBe(47294)
  })
})

describe('filters', () => {
  const shape = convolution({ inChannels: 8, outChannels: 16, size: 8 })
  // 128 weights x 6.5 bits among 512 places (a quarter full: 0.811 bits each to say so), then 16 x 10 bytes of scales.
  const bytes = 160 + 160

  test('take their bits, the places of padding, and scales', () => {
    expect(costOf(shape).operations[0]!.compressedBytes).toBe(bytes)
  })

  test('that nothing hides are waited for', () => {
    const wait = costOf(shape, u55, { slackCycles: 0 }).computeCycles - costOf(shape).computeCycles
    expect(wait).toBe(bytes + 64)
  })

  test('that find no room are read anew for every block', () => {
    const wide = convolution({ inChannels: 64, outChannels: 64, size: 16 })
    const cost = costOf(wide, u55, { freeSramBytes: 0 })
    const weights = (4096 * 6.5) / 8
    // 4 blocks across the plane.
    expect(cost.operations[0]!.dramCycles).toBe(4 * weights + 640)
    expect(cost.bound).toBe('memory')
  })

  test('come in slices where they are long: the kernel takes the transfer, not the sum', () => {
    const late = convolution({ inChannels: 512, outChannels: 512, size: 4 })
    const [cost, ready] = [costOf(late, u55, { slackCycles: 1000, freeSramBytes: 200_000 }), costOf(late)]
    const transfer = ready.operations[0]!.compressedBytes
    expect(cost.computeCycles).toBeGreaterThan(transfer - 1000)
    expect(cost.computeCycles).toBeLessThan(transfer + 0.5 * ready.computeCycles)
  })

  test('of striped kernels are there for all stripes', () => {
    const cost = costOf(convolution({ inChannels: 32, outChannels: 32, size: 32, kernel: 3 }), u55, {
      ...{ stripeRows: 4, slackCycles: 0 },
    })
    expect(cost.operations[0]!.plan.output.height).toBeLessThanOrEqual(4)
    expect(cost.operations[0]!.dramCycles).toBe(0)
  })
})

describe('a kernel on its own', () => {
  const large = convolution({ inChannels: 32, outChannels: 32, size: 112, kernel: 3 })
  const leaving = { dramInputBytes: large.inputBytes, dramOutputBytes: large.outputBytes }

  // 2 x 401,408 bytes of maps, 393,216 of SRAM: a quarter of the rows at a time takes half of it.
  test('shared SRAM: maps that do not fit come in stripes, never from the flash', () => {
    const placement = lonePlacement(large, u55, leaving)
    expect(placement.stripeRows).toBe(27)
    expect([placement.input.home, placement.output.home]).toEqual(['sram', 'sram'])
    expect(microblockCost(large, u55, placement).operations[0]!.dramCycles).toBe(0)
  })

  test('SRAM of its own: they stay in DRAM', () => {
    const placement = lonePlacement(large, load('ethos-u65-512'), leaving)
    expect(placement.stripeRows).toBeUndefined()
    expect([placement.input.home, placement.output.home]).toEqual(['dram', 'dram'])
    expect(microblockCost(large, load('ethos-u65-512'), placement).bound).toBe('memory')
  })
})

describe('properties', () => {
  const sizes = fc.record({
    name: fc.constantFrom(...names),
    inChannels: fc.integer({ min: 1, max: 300 }),
    outChannels: fc.integer({ min: 1, max: 300 }),
    size: fc.integer({ min: 1, max: 70 }),
    kernel: fc.constantFrom(1, 2, 3, 5, 7, 9),
    stride: fc.constantFrom(1, 2, 3),
    isDepthwise: fc.boolean(),
    precision: fc.constantFrom<('int8' | 'int16')[]>('int8', 'int16'),
  })
  const shapeOf = ({ isDepthwise, ...of }: ConvolutionSizes & { isDepthwise: boolean }) =>
    convolution(isDepthwise ? { ...of, outChannels: of.inChannels, groups: of.inChannels } : of)

  test('an operation takes its slowest resource, never less than its multiplications, and its block fits', () => {
    fc.assert(
      fc.property(sizes, ({ name, ...of }) => {
        const target = load(name)
        const { microblock, largestBlock } = target.array
        const cost = kernelCost(shapeOf(of), target) as MicroblockCost
        for (const { cycles, npuCycles, sramCycles, dramCycles, plan } of cost.operations) {
          expect(cycles).toBe(Math.max(npuCycles, sramCycles, dramCycles))
          for (const side of ['height', 'width', 'channels'] as const) {
            expect(plan.output[side] % microblock[side]).toBe(0)
            expect(plan.output[side]).toBeLessThanOrEqual(largestBlock[side])
          }
        }
        expect(Number.isFinite(cost.cycles)).toBe(true)
        expect(cost.utilisation).toBeGreaterThan(0)
        expect(cost.utilisation).toBeLessThanOrEqual(1)
        expect(cost.dramBytes).toBeGreaterThan(0)
      }),
      { numRuns: 200 },
    )
  })

  test('waiting for filters never makes a kernel faster', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 100_000 }), ({ name, ...of }, slackCycles) => {
        const [target, shape] = [load(name), shapeOf(of)]
        const ready = costOf(shape, target)
        expect(costOf(shape, target, { slackCycles }).computeCycles).toBeGreaterThanOrEqual(ready.computeCycles)
      }),
      { numRuns: 100 },
    )
  })
})
