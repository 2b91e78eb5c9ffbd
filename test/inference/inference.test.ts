import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modelFromBytes, readModel } from '../../src/import/read-model.js'
import { symbol } from '../../src/ir/dim.js'
import type { Model } from '../../src/ir/graph.js'
import { Patch } from '../../src/ir/patch.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { dimsOf, dtypeOf, tensorType } from '../../src/ir/type.js'
import { generateFeeds } from '../../src/runtime/feeds.js'
import { Runtime } from '../../src/runtime/session.js'
import { caseData } from '../conformance/case-data.js'
import { describeWithShared } from '../shared-assets.js'
import { noObservation, type Observation, observe } from './observe.js'

/**
 * Inferred types against what onnxruntime computes, value by value: no wrong answer at all, and at least 97 % known. Runs on
 * the official cases (as they are, and with every size above 1 turned into a symbol) and on the public models.
 * ONNX_TAILOR_CASES=regexp runs some cases; ONNX_TAILOR_RESULTS=1 writes bench/results/inference.json.
 */
describeWithShared('inference', (assets) => {
  const filter = new RegExp(process.env['ONNX_TAILOR_CASES'] ?? '')
  const record: Record<string, unknown> = {}
  let runtime: Runtime
  beforeAll(() => {
    runtime = new Runtime({ allowUnreleasedOpsets: true, timeoutMs: 60_000 })
  })
  afterAll(() => {
    runtime.close()
    if (process.env['ONNX_TAILOR_RESULTS'] !== undefined)
      writeFileSync('bench/results/inference.json', `${JSON.stringify(record, null, 2)}\n`)
  })

  const cases = assets.conformanceCases().filter(({ name, result }) => result.status === 'pass' && filter.test(name))

  test.each<CaseVariant>(['with constant parameters', 'as they are', 'with symbolic sizes'])(
    'official cases, %s',
    async (variant) => {
      const total = noObservation()
      const notRun: string[] = []
      for (const each of cases) {
        if (each.name.startsWith('light/')) continue
        const bytes = readFileSync(each.model)
        const [data] = caseData(each, modelFromBytes(bytes))
        const model = modelFromBytes(bytes)
        if (data === undefined) continue
        if (variant === 'with symbolic sizes') makeSymbolic(model)
        if (variant === 'with constant parameters') bakeParameters(model, data.feeds)
        const before = total.wrong.length
        const stillFed = new Map(
          [...data.feeds].filter(([name]) => model.graph.inputs.some((input) => input.name === name)),
        )
        const reason = await observe(model, stillFed, runtime, total)
        if (reason !== undefined) notRun.push(`${each.name}: ${reason}`)
        total.wrong.splice(before, Infinity, ...total.wrong.slice(before).map((line) => `${each.name}: ${line}`))
      }
      record[`cases ${variant}`] = summary(total, notRun)
      expect(total.wrong).toEqual([])
      expect(share(total)).toBeGreaterThanOrEqual(variant === 'with constant parameters' ? 0.97 : 0.9)
    },
    600_000,
  )

  test('public models', async () => {
    const total = noObservation()
    const notRun: string[] = []
    for (const { name, path } of assets.models().filter((file) => filter.test(file.name))) {
      const reason = await observeModel(path, runtime, total, name)
      if (reason !== undefined) notRun.push(`${name}: ${reason}`)
    }
    record['models'] = summary(total, notRun)
    expect(total.wrong).toEqual([])
    expect(share(total)).toBeGreaterThanOrEqual(0.97)
  }, 600_000)
})

/** Tries the generated inputs until one set is accepted. */
async function observeModel(
  path: string,
  runtime: Runtime,
  total: Observation,
  name: string,
): Promise<string | undefined> {
  let last: string | undefined
  // Larger sizes first: with sizes of 1 windows do not fit, and the runtime rounds their negative number towards zero.
  const attempts = [5, 0, 1, 2, 3, 4, 9, 10]
  for (const attempt of attempts) {
    const feeds = generateFeeds(await readModel(path), { seed: 1, attempt })
    if ('reason' in feeds) return feeds.reason as string
    const found = noObservation()
    const model = await readModel(path)
    // As the program does by default: an initializer that is an input too is a constant.
    const patch = new Patch(model)
    for (const input of [...model.graph.inputs]) if (input.tensor !== undefined) patch.dropOverridableInput(input)
    last = await observe(model, feeds, runtime, found)
    if (last !== undefined) continue
    total.known += found.known
    total.unknown += found.unknown
    total.wrong.push(...found.wrong.map((line) => `${name}: ${line}`))
    for (const [type, times] of found.unknownBy) total.unknownBy.set(type, (total.unknownBy.get(type) ?? 0) + times)
    return undefined
  }
  return last
}

type CaseVariant = 'with constant parameters' | 'as they are' | 'with symbolic sizes'

/** All inputs but the first become constants, as axes, shapes, scales and weights are in models: no shape depends on data. */
function bakeParameters(model: Model, feeds: ReadonlyMap<string, Tensor>): void {
  const { graph } = model
  model.irVersion = Math.max(model.irVersion, 4)
  for (const input of graph.inputs.slice(1)) {
    const tensor = feeds.get(input.name) ?? input.tensor
    if (tensor === undefined || input.isGraphOutput) continue
    input.tensor = tensor
    input.isInput = false
    graph.inputs.splice(graph.inputs.indexOf(input), 1)
    graph.initializers.add(input)
  }
}

/** Every size above 1 becomes a symbol; equal sizes in one model get the same one. */
function makeSymbolic(model: Model): void {
  for (const input of model.graph.inputs) {
    const [dims, dtype] = [dimsOf(input.type), dtypeOf(input.type)]
    if (dims === undefined || dtype === undefined || input.tensor !== undefined) continue
    input.type = tensorType(
      dtype,
      dims.map((dim) => (typeof dim === 'number' && dim > 1 ? symbol(`s${dim}`) : dim)),
    )
    input.claim = input.type
  }
  for (const output of model.graph.outputs) {
    const dtype = dtypeOf(output.claim)
    if (dtype !== undefined) output.claim = tensorType(dtype)
  }
}

const share = ({ known, unknown, wrong }: Observation): number => known / (known + unknown + wrong.length)

const summary = (total: Observation, notRun: readonly string[]) => ({
  known: total.known,
  unknown: total.unknown,
  wrong: total.wrong.length,
  share: share(total),
  unknownByOperator: Object.fromEntries([...total.unknownBy].sort((a, b) => b[1] - a[1])),
  notRun,
})
