import { describe, expect, test } from 'vitest'
import { kernelCost, millisecondsOf } from '../hw/cycles/index.js'
import { planKernels } from '../hw/kernels.js'
import { type ArrayTarget, loadTarget } from '../hw/target.js'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { landscapeOf } from './landscape.js'

const engine = loadTarget('neural-engine') as ArrayTarget

function kernelsOf(channels: readonly number[], size = 28) {
  const model = buildModel((g) => {
    let x = g.input('x', 'float32', [1, channels[0]!, size, size])
    for (const [i, out] of channels.slice(1).entries()) {
      const values = new Float32Array(out * channels[i]! * 9)
      x = g.op('Conv', [x, g.constant(Tensor.fromArray('float32', [out, channels[i]!, 3, 3], values))], {
        pads: [1, 1, 1, 1],
      })
    }
    g.output(g.op('Relu', [x]), 'y')
  })
  inferTypes(model)
  return planKernels(model, engine).kernels
}

describe('landscape of a layer', () => {
  test('sizes around its own, each as the cycle model has it, MACs in proportion', () => {
    const kernels = kernelsOf([64, 96])
    const { output, input, curatedStep } = landscapeOf(kernels, engine, 32)!
    const { shape } = kernels[0]!
    expect([output.channels, input.channels, curatedStep]).toEqual([96, 64, 32])
    const own = output.points.find(({ channels }) => channels === 96)!
    expect(own.latencyMs).toBe(millisecondsOf(kernelCost(shape, engine).cycles, engine))
    expect(own.macs).toBe(shape.macs)
    for (const axis of [output, input]) {
      const sizes = axis.points.map(({ channels }) => channels)
      expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
      for (const { channels, macs, isCurated } of axis.points) {
        expect(macs).toBeCloseTo((shape.macs * channels) / axis.channels, 6)
        expect(isCurated).toBe(channels % 32 === 0)
      }
    }
  })

  test('on lanes of 32 the time is a staircase: curated sizes are its edges, and never fall', () => {
    const { output } = landscapeOf(kernelsOf([64, 96]), engine, 32)!
    const rises = output.points.filter(({ latencyMs }, i) => i > 0 && latencyMs > output.points[i - 1]!.latencyMs)
    expect(rises.map(({ channels }) => channels % 32)).toEqual(rises.map(() => 1))
    expect(rises.length).toBeGreaterThan(4)
    expect(output.free).toBe(output.points.length - 1 - rises.length)
    expect([output.falls, output.curatedFalls]).toEqual([0, 0])
  })

  test('multiplications where there is no convolution; nothing where there is neither', () => {
    const model = buildModel((g) => {
      const w = g.constant(Tensor.fromArray('float32', [48, 64], new Float32Array(48 * 64)))
      g.output(g.op('MatMul', [g.input('x', 'float32', [16, 48]), w]), 'y')
    })
    inferTypes(model)
    expect(landscapeOf(planKernels(model, engine).kernels, engine, 32)!.output.channels).toBe(64)
    const plain = buildModel((g) => g.output(g.op('Relu', [g.input('x', 'float32', [16, 48])]), 'y'))
    inferTypes(plain)
    expect(landscapeOf(planKernels(plain, engine).kernels, engine, 32)).toBeUndefined()
  })

  test('a layer of very many channels: few points, its own among them', () => {
    const { output } = landscapeOf(kernelsOf([8, 3000], 4), engine, 512)!
    expect(output.points.length).toBeLessThan(600)
    expect(output.points.some(({ channels }) => channels === 3000)).toBe(true)
  })
})
