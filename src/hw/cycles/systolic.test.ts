import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeWithShared } from '../../../test/shared-assets.js'
import { convolutionShape } from '../convolution-shape.js'
import type { KernelShape } from '../shape.js'
import { type Dataflow, loadTarget, type SystolicTarget } from '../target.js'
import { kernelCost } from './index.js'
import { type Gemm, systolicRun } from './systolic.js'

const array = (rows: number, columns: number, dataflow: Dataflow) => ({ rows, columns, dataflow })
const target = (dataflow: 'ws' | 'os' | 'is', size: 16 | 32 | 64 = 16): SystolicTarget =>
  loadTarget(`systolic-${size}x${size}-${dataflow}`) as SystolicTarget

describe('one product on a systolic array, by hand', () => {
  test.each<[string, Gemm, Dataflow, number]>([
    // fold: 4 to load, 10 to stream, 4 + 4 - 2 of skew
    ['weights fit', { m: 10, n: 4, k: 4 }, 'weight-stationary', 4 + 10 + 6 - 1],
    ['one filter more is one fold more', { m: 10, n: 5, k: 4 }, 'weight-stationary', 2 * 20 - 1],
    ['5 x 5 weights are four folds', { m: 10, n: 5, k: 5 }, 'weight-stationary', 4 * 20 - 1],
    ['sums stay: nothing to load', { m: 4, n: 4, k: 10 }, 'output-stationary', 10 + 6 - 1],
    ['9 outputs by 4 are three folds', { m: 9, n: 4, k: 10 }, 'output-stationary', 3 * 16 - 1],
    ['inputs stay: filters stream', { m: 4, n: 10, k: 4 }, 'input-stationary', 4 + 10 + 6 - 1],
    ['two folds of positions', { m: 8, n: 10, k: 4 }, 'input-stationary', 2 * 20 - 1],
  ])('%s', (_, gemm, dataflow, cycles) => {
    expect(systolicRun(gemm, array(4, 4, dataflow)).cycles).toBe(cycles)
  })

  test('utilisation and mapping efficiency', () => {
    const run = systolicRun({ m: 10, n: 5, k: 4 }, array(4, 4, 'weight-stationary'))
    expect(run.utilisation).toBeCloseTo(200 / (39 * 16), 12)
    expect(run.mappingEfficiency).toBeCloseTo(5 / 8, 12)
  })

  test('rows and columns may differ', () => {
    const run = systolicRun({ m: 10, n: 5, k: 9 }, array(8, 2, 'weight-stationary'))
    expect(run.cycles).toBe(2 * 3 * (10 + 8 + 8 + 2 - 2) - 1)
  })
})

describe('kernels on a systolic array', () => {
  test('a convolution is one product of its output positions and windows', () => {
    const shape = convolutionShape({ inChannels: 8, outChannels: 20, size: 10, kernel: 3, stride: 2 })
    const cost = kernelCost(shape, target('ws'))
    expect(cost.computeCycles).toBe(systolicRun({ m: 25, n: 20, k: 72 }, target('ws').array).cycles)
    expect(cost.computeCycles).toBe(5 * 2 * (25 + 16 + 30) - 1)
  })

  test('groups run one after another, or share the diagonal where the target can', () => {
    const depthwise = convolutionShape({ inChannels: 32, outChannels: 32, groups: 32, size: 8, kernel: 3 })
    const serial = target('ws', 32)
    // k = 9, n = 1: one fold for each of 32 channels.
    expect(kernelCost(depthwise, serial).computeCycles).toBe(32 * (64 + 32 + 62) - 1)
    const packing = { ...serial, array: { ...serial.array, packsGroups: true } }
    // Three blocks of 9 rows fit into 32: 11 runs.
    expect(kernelCost(depthwise, packing).computeCycles).toBe(11 * (64 + 32 + 62) - 1)
    const dense = convolutionShape({ inChannels: 32, outChannels: 32, size: 8, kernel: 3 })
    expect(kernelCost(dense, packing)).toEqual(kernelCost(dense, serial))
  })

  test('a product of two activations is one run for each matrix', () => {
    const shape: KernelShape = {
      ...convolutionShape({ inChannels: 16, outChannels: 16, size: 1, batch: 3 }),
      kind: 'matmul',
      op: 'MatMul',
      inHeight: 10,
      outHeight: 10,
      weightBytes: 0,
      inputBytes: 3 * (160 + 256),
      outputBytes: 3 * 160,
      macs: 3 * 10 * 256,
    }
    expect(kernelCost(shape, target('ws')).computeCycles).toBe(3 * (10 + 16 + 30) - 1)
  })

  test('a transposed convolution makes every tap an output', () => {
    const shape: KernelShape = {
      ...convolutionShape({ inChannels: 16, outChannels: 8, size: 5, kernel: 2 }),
      kind: 'transposed-convolution',
    }
    expect(kernelCost(shape, target('os')).computeCycles).toBe(2 * 2 * (16 + 30) - 1)
  })

  test('half rate at float16, overhead once, utilisation of useful MACs', () => {
    const shape = convolutionShape({ inChannels: 16, outChannels: 16, size: 20, precision: 'float16' })
    const cost = kernelCost(shape, target('ws'))
    expect(cost.computeCycles).toBe((400 + 16 + 30 - 1) * 2)
    expect(cost.cycles).toBe(890 + 500)
    expect(cost.utilisation).toBeCloseTo((400 * 256) / (1390 * 128), 12)
  })
})

describeWithShared('SCALE-Sim', (assets) => {
  const dataflows: Readonly<Record<string, Dataflow>> = {
    ws: 'weight-stationary',
    os: 'output-stationary',
    is: 'input-stationary',
  }
  const [head, ...lines] = readFileSync(assets.file('measurements', 'scalesim', 'cycles.csv'), 'utf8')
    .trim()
    .split('\n')
  const columns = head!.split(',')
  const records = lines.map((line) => {
    const fields = line.split(',')
    const text = (name: string) => fields[columns.indexOf(name)]!
    return { text, number: (name: string) => Number(text(name)) }
  })

  test('cycles, utilisation and mapping efficiency of every record are equal', () => {
    expect(records).toHaveLength(403)
    const mismatches = records.filter(({ text, number }) => {
      const gemm = { m: number('M'), n: number('N'), k: number('K') }
      const run = systolicRun(gemm, array(number('rows'), number('cols'), dataflows[text('dataflow')]!))
      // Four decimals are printed, ties to even.
      const isEqual = (mine: number, name: string) => Math.abs(100 * mine - number(name)) <= 0.5e-4 + 1e-9
      return (
        run.cycles !== number('compute_cycles') ||
        !isEqual(run.utilisation, 'overall_util_pct') ||
        !isEqual(run.mappingEfficiency, 'mapping_eff_pct')
      )
    })
    expect(mismatches.map(({ text }) => columns.map(text).join(','))).toEqual([])
  })

  test('the same through the cost of a kernel on the targets that come with the program', () => {
    for (const { text, number } of records) {
      const size = number('rows') as 16 | 32 | 64
      const [m, n, k] = [number('M'), number('N'), number('K')]
      const shape: KernelShape = {
        ...convolutionShape({ inChannels: k, outChannels: n, size: 1 }),
        outHeight: m,
        macs: m * n * k,
      }
      const cost = kernelCost(shape, target(text('dataflow') as 'ws' | 'os' | 'is', size))
      expect(cost.computeCycles).toBe(number('compute_cycles'))
    }
  })
})
