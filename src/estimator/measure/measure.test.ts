import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kernelCost } from '../../hw/cycles/index.js'
import { planKernels } from '../../hw/kernels.js'
import { type ArrayTarget, loadTarget } from '../../hw/target.js'
import { buildModel } from '../../ir/build.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { ownMapping } from '../table/mapping.js'
import { readTable } from '../table/read-table.js'
import { builtInPrior } from './built-in-prior.js'
import { kernelModel, weightBytesOf } from './kernel-model.js'
import { measure } from './measure.js'
import { MeasurementPlan } from './plan.js'
import { Prior } from './prior.js'

const engine = loadTarget('neural-engine') as ArrayTarget
const folder = mkdtempSync(join(tmpdir(), 'onnx-tailor-measure-'))
let files = 0
const fresh = () => join(folder, `${files++}.csv`)
const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')

const prior = new Prior()
builtInPrior(prior)
/** Kernels of few weights: those are made anew every time. */
const kernels = prior
  .kernels()
  .filter(({ spec }) => weightBytesOf(spec) < 1 << 14)
  .slice(0, 40)

/** Items of the first `count` kernels of a plan that takes every first variant. */
function planned(seed: number, count: number): string[] {
  const plan = new MeasurementPlan(kernels, seed)
  return Array.from({ length: count }, () => {
    const item = plan.next()![0]!
    const { model } = kernelModel(item.spec, 1, new SeededRandom(1))
    inferTypes(model)
    const kernel = planKernels(model, engine).kernels[0]!
    plan.learn(item, kernel.shape, kernelCost(kernel.shape, engine).cycles)
    return item.id
  })
}

describe('the sampling plan', () => {
  test('is the same for a seed, another for another, and repeats no kernel', () => {
    const first = planned(3, kernels.length + 30)
    expect(planned(3, kernels.length + 30)).toEqual(first)
    expect(planned(4, 20)).not.toEqual(first.slice(0, 20))
    expect(new Set(first).size).toBe(first.length)
  })
})

describe('optimize measure on the cycle model', () => {
  test('fills a table that readTable reads and that says what the cycle model says', async () => {
    const out = fresh()
    const summary = await measure({ target: engine, out, rows: 40 })
    expect(summary).toMatchObject({ rows: 40, added: 40, ended: undefined, device: 'neural-engine' })
    const table = await readTable(out, ownMapping)
    expect(table.rows.length).toBe(40)
    const convolution = table.rows.find(({ kind }) => kind === 'convolution')!
    const { inChannels, outChannels, inHeight, inWidth, kernelHeight, kernelWidth } = convolution
    const pad = (kernelHeight - 1) / 2
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, inChannels, inHeight, inWidth])
      const size = [outChannels, inChannels, kernelHeight, kernelWidth]
      const w = g.constant(Tensor.float32(new Array(size.reduce((a, b) => a * b, 1)).fill(0), size))
      const b = g.constant(Tensor.float32(new Array(outChannels).fill(0)))
      g.output(g.op('Conv', [x, w, b], { pads: [pad, pad, pad, pad] }), 'y')
    })
    inferTypes(model)
    const { cycles } = kernelCost(planKernels(model, engine).kernels[0]!.shape, engine)
    expect(convolution.latencyMs).toBeCloseTo(cycles / 1e6, 8)
  })

  test('noise is stated and is the same for a seed', async () => {
    const [exact, noisy, again] = [fresh(), fresh(), fresh()]
    await measure({ target: engine, out: exact, rows: 10 })
    await measure({ target: engine, out: noisy, rows: 10, noise: 0.05 })
    await measure({ target: engine, out: again, rows: 10, noise: 0.05 })
    expect(readFileSync(noisy, 'utf8')).toBe(readFileSync(again, 'utf8'))
    expect(readFileSync(noisy, 'utf8')).toContain('synthetic noise of 5 %')
    expect(linesOf(noisy)[3]).not.toBe(linesOf(exact)[3])
  })

  test('goes on where it was interrupted, with the table it would have had, refinement included', async () => {
    const [whole, parts] = [fresh(), fresh()]
    await measure({ target: engine, out: whole, rows: 90, prior: kernels })
    const controller = new AbortController()
    const first = await measure({
      target: engine,
      out: parts,
      rows: 90,
      prior: kernels,
      signal: controller.signal,
      onProgress: (_, done) => {
        if (done === 52) controller.abort()
      },
    })
    expect(first).toMatchObject({ rows: 52, ended: 'interrupted' })
    expect((await readTable(parts, ownMapping)).rows.length).toBe(52)
    // Killed in the middle of a line.
    appendFileSync(parts, linesOf(whole)[53]!.slice(0, 40))
    const rest = await measure({ target: engine, out: parts, rows: 90, prior: kernels })
    expect(rest).toMatchObject({ rows: 90, added: 38 })
    expect(readFileSync(parts, 'utf8')).toBe(readFileSync(whole, 'utf8'))
  })

  test('a time limit ends it with a valid table', async () => {
    const out = fresh()
    expect(await measure({ target: engine, out, rows: 1000, timeLimitS: 0 })).toMatchObject({
      ended: 'time-limit',
      rows: 0,
    })
    expect(linesOf(out).length).toBe(1)
  })

  test('a device that is not here is no target', async () => {
    const run = measure({ target: loadTarget('v100-tensorrt'), out: fresh(), rows: 3 })
    await expect(run).rejects.toThrow(/is not here to be measured/)
  })

  test('leaves foreign files and tables of other devices alone', async () => {
    const foreign = fresh()
    writeFileSync(foreign, 'a,b\n1,2\n')
    await expect(measure({ target: engine, out: foreign, rows: 3 })).rejects.toThrow(/is no table/)
    const other = fresh()
    await measure({ target: engine, out: other, rows: 3 })
    await expect(measure({ target: loadTarget('cpu'), out: other, rows: 3 })).rejects.toThrow(
      /was measured on "neural-engine"/,
    )
  })
})

test('optimize measure on this machine times kernels through onnxruntime', async () => {
  const out = fresh()
  expect(await measure({ target: loadTarget('cpu'), out, rows: 6 })).toMatchObject({ rows: 6, failures: {} })
  const table = await readTable(out, ownMapping)
  expect(table.device).toMatch(/1 thread$/)
  for (const { latencyMs } of table.rows) expect(latencyMs).toBeGreaterThan(0)
}, 60_000)
