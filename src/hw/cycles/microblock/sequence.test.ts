import { describe, expect, test } from 'vitest'
import { type ConvolutionSizes, convolutionShape } from '../../convolution-shape.js'
import type { KernelShape } from '../../shape.js'
import { loadTarget, type MicroblockTarget } from '../../target.js'
import { lower } from './lowering.js'
import { FeatureMaps, type Source, type Step } from './maps.js'
import { planSequence } from './sequence.js'

const u55 = loadTarget('ethos-u55-128') as MicroblockTarget
const u65 = loadTarget('ethos-u65-512') as MicroblockTarget

const step = (sizes: ConvolutionSizes, reads: readonly Source[], isOutput = false): Step => ({
  shape: convolutionShape(sizes),
  reads,
  isOutput,
})

const addition = (channels: number, size: number, reads: readonly Source[], isOutput = false): Step => {
  const shape = convolutionShape({ inChannels: channels, outChannels: channels, size })
  const bytes = 2 * shape.inputBytes
  return { shape: { ...shape, kind: 'vector', op: 'Add', inputBytes: bytes, weightBytes: 0, macs: 0 }, reads, isOutput }
}

/** Three convolutions one after the other. */
const chain = (channels: number, size: number): Step[] => [
  step({ inChannels: 8, outChannels: channels, size, kernel: 3 }, ['network']),
  step({ inChannels: channels, outChannels: channels, size, kernel: 3 }, [0]),
  step({ inChannels: channels, outChannels: 8, size, kernel: 3 }, [1], true),
]

describe('kernels in a row', () => {
  test('filters are fetched under the kernel before: the second of two equal ones does not wait', () => {
    const steps = [
      step({ inChannels: 64, outChannels: 64, size: 16, kernel: 3 }, ['network']),
      step({ inChannels: 64, outChannels: 64, size: 16, kernel: 3 }, [0]),
    ]
    const [first, second] = planSequence(steps, u55)
    expect(first!.placement.slackCycles).toBe(0)
    expect(first!.cost.computeCycles).toBeGreaterThan(second!.cost.computeCycles)
  })

  test('maps that fit stay whole', () => {
    for (const { placement } of planSequence(chain(16, 32), u55)) expect(placement.stripeRows).toBeUndefined()
  })

  // 128 x 128 x 16 twice is 512 KiB. Input and output of the chain (bricks) are 256 KiB and no map in it is whole.
  test('maps that do not fit are passed on in stripes', () => {
    const stripes = planSequence(chain(16, 128), u55).map(({ placement }) => placement.stripeRows)
    expect(stripes.every((rows) => rows !== undefined && rows < 128)).toBe(true)
  })

  test('an SRAM of its own: the interface off chip, maps between in SRAM if they fit', () => {
    const homes = (steps: Step[]) =>
      planSequence(steps, u65).map(({ placement: { input, output } }) => `${input.home} ${output.home}`)
    expect(homes(chain(16, 32))).toEqual(['dram sram', 'sram sram', 'sram dram'])
  })

  test('values of weights known for one step count for it alone', () => {
    const steps = chain(64, 16)
    const known = steps.map((each, at) => (at === 1 ? { ...each, bitsPerWeight: 2 } : each))
    const bytes = (list: Step[]) => planSequence(list, u55).map(({ cost }) => cost.operations[0]!.compressedBytes)
    const [before, after] = [bytes(steps), bytes(known)]
    expect(after[0]).toBe(before[0])
    expect(after[1]).toBeLessThan(before[1]!)
  })
})

describe('maps in memory', () => {
  // conv -> conv -> add of both
  const steps = [
    step({ inChannels: 16, outChannels: 16, size: 8 }, ['network']),
    step({ inChannels: 16, outChannels: 16, size: 8 }, [0]),
    addition(16, 8, [0, 1]),
    step({ inChannels: 16, outChannels: 20, size: 8 }, [2], true),
  ]
  const maps = new FeatureMaps(steps, u55)

  test('bricks of 16 channels inside, plain channels at the interface', () => {
    expect(maps.bytes).toEqual([1024, 1024, 1024, 64 * 20])
    expect(maps.places(3, () => 'sram').output.layout).toBe('linear')
    expect(maps.places(1, () => 'sram').input.layout).toBe('bricks')
  })

  test('a shortcut stays alive; a sum is written over what it adds', () => {
    expect([0, 1, 2].map((at) => maps.aliveBytes(at))).toEqual([2048, 2048, 2048])
    expect(maps.span(2)).toEqual([3, 3])
  })

  test('only a sole reader that reads nothing else continues a chain', () => {
    expect([0, 1, 2].map((at) => maps.feedsNext(at))).toEqual([false, false, true])
  })

  test('beside a chain lie the maps that it leaves as they are', () => {
    expect(maps.besideBytes(1)).toBe(0)
    expect(maps.besideBytes(2)).toBe(0)
    const late = new FeatureMaps(
      [...steps.slice(0, 2), step({ inChannels: 16, outChannels: 16, size: 8 }, [1]), addition(16, 8, [0, 2], true)],
      u55,
    )
    expect(late.besideBytes(2)).toBe(1024)
  })
})

describe('what a kernel becomes', () => {
  const place = { home: 'sram', layout: 'bricks' } as const
  const inside = { input: place, second: place, output: place }
  const outside = { ...inside, input: { ...place, layout: 'linear' } as const }
  const units = (shape: KernelShape, places = inside) => lower(shape, places).operations.map(({ unit }) => unit)

  test.each<[string, ConvolutionSizes, string]>([
    ['a convolution', { inChannels: 8, outChannels: 16, size: 8, kernel: 3 }, 'convolution'],
    ['a depthwise one', { inChannels: 8, outChannels: 8, groups: 8, size: 8, kernel: 3 }, 'depthwise'],
    ['a depthwise one of one channel', { inChannels: 1, outChannels: 8, size: 8, kernel: 3 }, 'convolution'],
    ['one position', { inChannels: 8, outChannels: 16, size: 1 }, 'vector-product'],
  ])('%s', (_, sizes, unit) => {
    expect(units(convolutionShape(sizes))).toEqual([unit])
  })

  test('groups run one after the other', () => {
    const { operations, repeats } = lower(
      convolutionShape({ inChannels: 32, outChannels: 64, groups: 4, size: 8, kernel: 3 }),
      inside,
    )
    expect(repeats).toBe(4)
    expect(operations[0]!.input.extent.channels).toBe(8)
    expect(operations[0]!.output.extent.channels).toBe(16)
  })

  // The network's 3 channels at stride 2: pairs of columns become 6 channels, 3 x 3 taps become 3 x 2.
  test('a strided first convolution folds columns into channels', () => {
    const shape = convolutionShape({ inChannels: 3, outChannels: 8, size: 128, kernel: 3, stride: 2 })
    const [operation] = lower(shape, outside).operations
    expect(operation!.input.extent).toEqual({ height: 128, width: 64, channels: 6 })
    expect(operation!.kernel).toEqual({ height: 3, width: 2 })
    expect(operation!.stride).toEqual({ height: 2, width: 1 })
    expect(lower(shape, inside).operations[0]!.input.extent.channels).toBe(3)
  })

  const vector = (op: string, changes: Partial<KernelShape> = {}): KernelShape => ({
    ...convolutionShape({ inChannels: 1, outChannels: 1, size: 1 }),
    ...{ kind: 'vector', op, inHeight: 4096, outHeight: 4096, inputBytes: 4096, outputBytes: 4096, weightBytes: 0 },
    ...changes,
  })

  test('a softmax is 31 operations', () => {
    const shape = vector('Softmax', { inHeight: 30, outHeight: 30, inputBytes: 30, outputBytes: 30, runLength: 10 })
    const { operations } = lower(shape, inside)
    expect(operations).toHaveLength(31)
    expect(operations[0]!.input.extent).toEqual({ height: 3, width: 10, channels: 1 })
    expect(operations.at(-1)!.output.extent).toEqual({ height: 1, width: 3, channels: 10 })
  })

  test('a mean over the plane is a pool', () => {
    const shape = vector('ReduceMean', {
      inHeight: 640,
      inputBytes: 640,
      outHeight: 10,
      outputBytes: 10,
      runLength: 64,
    })
    const [operation] = lower(shape, inside).operations
    expect(operation!.unit).toBe('pool')
    expect(operation!.kernel).toEqual({ height: 64, width: 1 })
    expect(operation!.output.extent).toEqual({ height: 1, width: 1, channels: 10 })
  })

  test.each<[string, KernelShape, number, number]>([
    ['one operand', vector('Relu'), 0, 0],
    ['a table', vector('Sigmoid'), 0, 256],
    ['two maps', vector('Add', { inputBytes: 8192 }), 4096, 0],
    ['a constant for each channel', vector('Mul', { weightBytes: 16 }), 16, 0],
  ])('element-wise work on %s', (_, shape, second, tableBytes) => {
    const [operation] = lower(shape, inside).operations
    const { height, width, channels } = operation!.second?.extent ?? { height: 0, width: 0, channels: 0 }
    expect(operation!.unit).toBe('elementwise')
    expect(height * width * channels).toBe(second)
    expect(operation!.tableBytes).toBe(tableBytes)
    expect(operation!.output.extent).toEqual({ height: 4, width: 64, channels: 16 })
  })
})
