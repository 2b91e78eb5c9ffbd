import { expect, test } from 'vitest'
import { groupRows, type Row, readRows, stepOfSynthetic, stepsOfRows, targetOf } from '../../bench/vela-rows.mjs'
import { summarizeErrors } from '../../src/estimator/fit/statistics.js'
import type { OperationCost } from '../../src/hw/cycles/microblock/cost.js'
import { planSequence } from '../../src/hw/cycles/microblock/sequence.js'
import { loadTarget } from '../../src/hw/target.js'
import { describeWithShared } from '../shared-assets.js'

interface Pair {
  readonly row: Row
  readonly operation: OperationCost
}

const cyclesOf = (pairs: readonly Pair[]) => ({
  ours: pairs.map(({ operation }) => operation.cycles),
  told: pairs.map(({ row }) => Number(row['total_cycles'])),
})

const blockOf = ({ plan: { output } }: OperationCost) => `${output.height}x${output.width}x${output.channels}`

describeWithShared('Ethos-U targets agree with the compiler Vela', (assets) => {
  const folder = (name: string) => assets.file('measurements', 'vela', name)
  const runs = [...groupRows(readRows(folder('layers.csv.gz')), (row) => `${row['network']} ${row['config']}`).values()]
  const pairs = runs.map((rows): Pair[] => {
    const steps = stepsOfRows(rows)
    const entries = planSequence(steps, targetOf(rows[0]!['config']!, loadTarget))
    return entries.flatMap(({ cost }, i) => {
      expect(cost.operations).toHaveLength(steps[i]!.rows.length)
      return cost.operations.map((operation, j) => ({ row: steps[i]!.rows[j]!, operation }))
    })
  })
  const all = pairs.flat()

  test('operator by operator, the values of the weights unknown', () => {
    const { ours, told } = cyclesOf(all)
    expect(ours).toHaveLength(1332)
    expect(summarizeErrors(ours, told).kendallTau).toBeGreaterThanOrEqual(0.9)
  })

  test('network by network', () => {
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
    const totals = pairs.map(cyclesOf)
    const { mape, kendallTau } = summarizeErrors(
      totals.map(({ ours }) => sum(ours)),
      totals.map(({ told }) => sum(told)),
    )
    expect(mape).toBeLessThanOrEqual(20)
    expect(kendallTau).toBeGreaterThanOrEqual(0.9)
  })

  // What does not depend on the weights' values is equal, not similar: blocks, feature maps' traffic, arithmetic.
  test('the same blocks', () => {
    const told = all.map(({ row }) => `${row['block_h']}x${row['block_w']}x${row['block_d']}`)
    expect(all.map(({ operation }) => blockOf(operation))).toEqual(told)
  })

  test('the same SRAM cycles', () => {
    for (const { row, operation } of all) expect(operation.sramCycles).toBeCloseTo(Number(row['sram_cycles']), 6)
  })

  test('the same cycles of operators without weights', () => {
    const plain = all.filter(({ row }) => row['has_weights'] === '0')
    expect(plain.length).toBeGreaterThan(800)
    for (const { row, operation } of plain) {
      expect(operation.npuCycles).toBeCloseTo(Number(row['npu_cycles']), 6)
      expect(operation.cycles).toBeCloseTo(Number(row['total_cycles']), 6)
    }
  })

  test('the same stripes where maps do not fit the SRAM', () => {
    const steps = runs.map(stepsOfRows)
    const striped = steps.flatMap((list, run) => {
      const entries = planSequence(list, targetOf(runs[run]![0]!['config']!, loadTarget))
      return list.flatMap(({ rows }, i) => {
        const told = rows[0]!['stripe_h'] === rows[0]!['out_h'] ? undefined : Number(rows[0]!['stripe_h'])
        return [{ told, ours: entries[i]!.placement.stripeRows }]
      })
    })
    expect(striped.filter(({ told }) => told !== undefined)).toHaveLength(7)
    expect(striped.map(({ ours }) => ours)).toEqual(striped.map(({ told }) => told))
  })

  test('single operators with random weights', () => {
    const rows = readRows(folder('synthetic_ops.csv.gz'))
    const operations = rows.map((row) => {
      const target = targetOf(row['config']!, loadTarget)
      return { row, operation: planSequence([stepOfSynthetic(row)], target)[0]!.cost.operations[0]! }
    })
    const { ours, told } = cyclesOf(operations)
    expect(summarizeErrors(ours, told).kendallTau).toBeGreaterThanOrEqual(0.9)
    expect(summarizeErrors(ours, told).mape).toBeLessThanOrEqual(10)
    for (const { row, operation } of operations) {
      expect(blockOf(operation)).toBe(`${row['block_h']}x${row['block_w']}x${row['block_d']}`)
    }
  })
})
