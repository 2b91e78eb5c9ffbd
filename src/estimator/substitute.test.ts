import { describe, expect, test } from 'vitest'
import { convolutionShape } from '../hw/convolution-shape.js'
import type { KernelShape } from '../hw/shape.js'
import { loadPredictor } from './predictor.js'
import { asKind } from './substitute.js'

const base = convolutionShape({ inChannels: 1, outChannels: 1, size: 1, precision: 'float16' })

/** A global average pool of 512 x 7 x 7 of float16. */
const pool: KernelShape = {
  ...base,
  kind: 'pool',
  op: 'GlobalAveragePool',
  inChannels: 512,
  outChannels: 512,
  inHeight: 7,
  inWidth: 7,
  kernelHeight: 7,
  kernelWidth: 7,
  inputBytes: 2 * 512 * 49,
  outputBytes: 2 * 512,
  weightBytes: 0,
  macs: 0,
}

/** 196 rows of 768 times 768 x 3072. */
const matmul: KernelShape = {
  ...base,
  kind: 'matmul',
  op: 'MatMul',
  inHeight: 196,
  outHeight: 196,
  inChannels: 768,
  outChannels: 3072,
  inputBytes: 2 * 196 * 768,
  outputBytes: 2 * 196 * 3072,
  weightBytes: 2 * 768 * 3072,
  macs: 196 * 768 * 3072,
}

describe('kernels of a kind that was not measured', () => {
  test('a pool is a depthwise convolution that reads as many bytes', () => {
    const stand = asKind(pool, 'depthwise')
    expect(stand).toMatchObject({ kind: 'depthwise', kernelHeight: 1, groups: 64, outChannels: 64 })
    expect(stand.inputBytes / pool.inputBytes).toBeCloseTo(1, 1)
  })

  test('a matrix multiplication is a convolution with window 1 and the same work', () => {
    expect(asKind(matmul, 'convolution')).toMatchObject({
      inHeight: 14,
      outWidth: 14,
      macs: matmul.macs,
      inputBytes: matmul.inputBytes,
    })
  })

  test('on a V100 a small pool costs about a call, not milliseconds, and a multiplication is below its peak', () => {
    const predictor = loadPredictor('v100-tensorrt')
    const small = predictor.predict(pool)
    expect(small.outOfRange).toContain('no measurements of pool in float16')
    expect(small.latencyMs).toBeGreaterThan(0.003)
    expect(small.latencyMs).toBeLessThan(0.06)
    const { latencyMs } = predictor.predict(matmul)
    // 62.5 T multiply-accumulates a second.
    expect(latencyMs).toBeGreaterThan((matmul.macs / 62.5e12) * 1000)
    expect(latencyMs).toBeLessThan(0.5)
  })
})
