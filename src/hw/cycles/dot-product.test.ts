import { describe, expect, test } from 'vitest'
import { type ConvolutionSizes, convolutionShape } from '../convolution-shape.js'
import type { KernelShape } from '../shape.js'
import { type DotProductTarget, loadTarget } from '../target.js'
import { kernelCost } from './index.js'

const target = loadTarget('neural-engine') as DotProductTarget
const conv = (sizes: ConvolutionSizes): KernelShape => convolutionShape(sizes)
const vector = (inputBytes: number, outputBytes: number): KernelShape => ({
  ...conv({ inChannels: 1, outChannels: 1, size: 1 }),
  kind: 'vector',
  op: 'Add',
  inputBytes,
  outputBytes,
  weightBytes: 0,
  macs: 0,
})

describe('compute cycles of the dot-product array, by hand', () => {
  test.each<[string, KernelShape, number]>([
    // positions x taps x tiles of 32 x 32 channels
    ['a dense 3x3 that fills the lanes', conv({ inChannels: 32, outChannels: 32, size: 56, kernel: 3 }), 3136 * 9],
    ['33 channels cost as much as 64', conv({ inChannels: 33, outChannels: 33, size: 10 }), 100 * 2 * 2],
    ['64 channels', conv({ inChannels: 64, outChannels: 64, size: 10 }), 100 * 2 * 2],
    ['one channel more on one side only', conv({ inChannels: 65, outChannels: 32, size: 10 }), 100 * 3],
    [
      'a stride of 2 leaves a quarter of the positions',
      conv({ inChannels: 32, outChannels: 32, size: 9, stride: 2 }),
      25,
    ],
    [
      'depthwise: 16 channels x 1 tap a cycle',
      conv({ inChannels: 96, outChannels: 96, groups: 96, size: 56, kernel: 3 }),
      3136 * 9 * 6,
    ],
    [
      'two wide groups run densely',
      conv({ inChannels: 64, outChannels: 64, groups: 2, size: 4, kernel: 3 }),
      16 * 9 * 2,
    ],
    [
      'many narrow groups run like a depthwise convolution, once for each of their 4 input channels',
      conv({ inChannels: 128, outChannels: 128, groups: 32, size: 4, kernel: 3 }),
      16 * 9 * 4 * 8,
    ],
    ['a batch multiplies the positions', conv({ inChannels: 32, outChannels: 32, size: 4, batch: 3 }), 48],
    [
      'a transposed convolution multiplies every input position with every tap',
      { ...conv({ inChannels: 32, outChannels: 32, size: 8, kernel: 2 }), kind: 'transposed-convolution' },
      64 * 4,
    ],
    [
      'a matrix product: rows are positions, of every matrix of the batch',
      { ...conv({ inChannels: 40, outChannels: 70, size: 1, batch: 3 }), kind: 'matmul', outHeight: 10, macs: 84000 },
      30 * 2 * 3,
    ],
    [
      'an LSTM: inputs and state in, four gates out, every step',
      {
        ...conv({ inChannels: 40, outChannels: 60, size: 1 }),
        kind: 'recurrent',
        inHeight: 7,
        macs: 7 * 100 * 240,
      },
      7 * Math.ceil(100 / 32) * Math.ceil(240 / 32),
    ],
  ])('%s', (_, shape, cycles) => {
    const cost = kernelCost(shape, target)
    expect(cost.computeCycles).toBe(cycles)
    expect(cost.cycles).toBe(Math.max(cycles, Math.ceil(cost.memoryCycles)) + 1500)
    expect(cost.unit).toBe('array')
  })

  test('half rate at int16 and float16', () => {
    for (const precision of ['int16', 'float16'] as const) {
      const cost = kernelCost(conv({ inChannels: 32, outChannels: 32, size: 100, precision }), target)
      expect(cost.computeCycles).toBe(20000)
    }
  })

  test('the vector unit does 64 elements a cycle', () => {
    const cost = kernelCost(vector(6400, 6400), target)
    expect(cost.computeCycles).toBe(100)
    expect(cost.bound).toBe('overhead')
    expect(cost.unit).toBe('vector')
  })

  test('a full array is fully used', () => {
    const cost = kernelCost(conv({ inChannels: 32, outChannels: 32, size: 100, kernel: 3 }), target)
    expect(cost.utilisation).toBeCloseTo(90_000 / 91_500, 9)
  })
})

describe('memory of the dot-product array, by hand', () => {
  test('weights stream at 8 bytes a cycle and bound a small layer', () => {
    const cost = kernelCost(conv({ inChannels: 160, outChannels: 960, size: 7, kernel: 3 }), target)
    expect(cost.dramBytes).toBe(1382400)
    expect(cost.memoryCycles).toBe(172800)
    expect(cost.bound).toBe('memory')
    expect(cost.cycles).toBe(172800 + 1500)
  })

  test('an activation over half the SRAM goes to DRAM, one of just half does not', () => {
    expect(kernelCost(vector(524289, 1000), target).dramBytes).toBe(524289)
    expect(kernelCost(vector(524288, 1000), target).dramBytes).toBe(0)
  })

  test('where the neighbours leave the activations decides, if it is known', () => {
    const shape = conv({ inChannels: 32, outChannels: 32, size: 20 })
    const cost = kernelCost(shape, target, { dramInputBytes: 12800, dramOutputBytes: 0 })
    expect(cost.dramBytes).toBe(1024 + 12800)
    expect(cost.sramBytes).toBe(1024 + 2 * 12800)
  })

  test('without double buffering a kernel takes the sum', () => {
    const slow = { ...target, memory: { ...target.memory, doubleBuffered: false } }
    const shape = conv({ inChannels: 64, outChannels: 64, size: 20 })
    expect(kernelCost(shape, target).cycles).toBe(1600 + 1500)
    expect(kernelCost(shape, slow).cycles).toBe(1600 + 512 + 1500)
  })

  test('an SRAM slower than the array bounds it', () => {
    const narrow = { ...target, memory: { ...target.memory, sramBytesPerCycle: 4 } }
    const shape = conv({ inChannels: 32, outChannels: 32, size: 20 })
    // 1024 of weights, 12800 in, 12800 out.
    expect(kernelCost(shape, narrow).memoryCycles).toBe((1024 + 12800 + 12800) / 4)
  })
})

describe('what the target leaves to its host', () => {
  test('call, transfer and work add up; weights are the host’s own', () => {
    const topK = { ...vector(4000, 80), op: 'TopK' }
    const cost = kernelCost(topK, target)
    // 4000 elements at 1 a cycle, 4080 bytes at 4, and 20000 to hand over.
    expect(cost).toMatchObject({ unit: 'host', cycles: 4000 + 1020 + 20000, bound: 'overhead', dramBytes: 4080 })
  })

  test('a * stands for the rest of a name; other operators stay', () => {
    expect(kernelCost({ ...vector(64, 64), op: 'ai.onnx.ml.TreeEnsembleRegressor' }, target).unit).toBe('host')
    expect(kernelCost({ ...vector(64, 64), kind: 'opaque', op: 'my.domain.Op' }, target).unit).toBe('host')
    expect(kernelCost({ ...vector(64, 64), op: 'Softmax' }, target).unit).toBe('vector')
  })
})
