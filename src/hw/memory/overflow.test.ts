import { describe, expect, test } from 'vitest'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { planKernels } from '../kernels.js'
import { loadTarget } from '../target.js'
import { overflowBytes } from './overflow.js'
import { planMemory } from './plan.js'

/** A byte an element on this target. */
function planOf(build: (g: GraphBuilder, x: Value) => void) {
  const model = buildModel((g) => build(g, g.input('x', 'float32', [1, 100])))
  expect(inferTypes(model)).toEqual([])
  return planMemory(planKernels(model, loadTarget('neural-engine')).kernels, { orderSteps: 0 })
}

describe('overflow of the SRAM', () => {
  /** x is read again at the end, over a row of three. */
  const skip = planOf((g, x) => {
    const row = g.op('Softmax', [g.op('Softmax', [g.op('Softmax', [x])])])
    g.output(g.op('Add', [row, x]))
  })

  test.each<[string, number, number, number]>([
    ['everything fits: nothing moves', 300, 1000, 0],
    ['x makes room once, out and back', 299, 1000, 200],
    ['x lives in DRAM anyway, as all do', 299, 99, 0],
  ])('%s', (_, sramBytes, residentLimit, bytes) => {
    expect(skip.peakBytes).toBe(300)
    expect(overflowBytes(skip, sramBytes, residentLimit)).toBe(bytes)
  })

  test('what is read last again goes, and once copied it is dropped for nothing', () => {
    // a and b wait, b for the sum behind the row, a for the last sum.
    const plan = planOf((g, x) => {
      const a = g.op('Softmax', [x])
      const b = g.op('Softmax', [a])
      const row = g.op('Softmax', [g.op('Softmax', [b])])
      const sum = g.op('Concat', [row, b], { axis: 1 })
      g.output(g.op('Concat', [g.op('Softmax', [sum]), a], { axis: 1 }))
    })
    // Steps: a; b; c = f(b); row = f(c): a, b, c, row; sum of 200; its Softmax; result of 300 from 200 and a.
    expect(plan.liveBytes).toEqual([200, 200, 300, 400, 500, 500, 600])
    // 600 hold everything. With 500, the last kernel needs all it has: 600 of its own.
    expect(overflowBytes(plan, 600, 1000)).toBe(0)
    // At 400: a goes out for the sum (100) and comes back for the last kernel (100).
    expect(overflowBytes(plan, 400, 1000)).toBe(200)
    // At 300: a goes out for the row, as b is read before it; back for the last kernel.
    expect(overflowBytes(plan, 300, 1000)).toBe(200)
  })
})
