import { readFileSync } from 'node:fs'
import { toProto } from '../../src/export/to-proto.js'
import { modelFromBytes } from '../../src/import/read-model.js'
import type { Model } from '../../src/ir/graph.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { encodeModel } from '../../src/onnx/codec.js'
import { compareTensors, exactTolerance, roundingTolerance } from '../../src/runtime/compare.js'
import { isFailure, type Runtime } from '../../src/runtime/session.js'
import { optimize } from '../../src/zoo/optimize.js'
import type { ConformanceCase } from '../shared-assets.js'
import { type CaseData, caseData } from './case-data.js'

export type Variant = 'as it is' | 'inputs as constants'

const fresh = ({ model }: ConformanceCase): Model => modelFromBytes(readFileSync(model))

export const encoded = (model: Model): Uint8Array => Buffer.concat(encodeModel(toProto(model)))

/** Import, passes, export, onnxruntime: what is wrong with the case, or undefined. */
export async function runCase(each: ConformanceCase, variant: Variant, runtime: Runtime): Promise<string | undefined> {
  const shapesOnly = each.result.random === true || each.result.status === 'pass-shape-only'
  for (const data of caseData(each, fresh(each))) {
    const model = fresh(each)
    if (variant === 'inputs as constants') bakeInputs(model, data)
    const { firings } = await optimize(model)
    const broken = verifyGraph(model)
    if (broken.length > 0) return `graph: ${broken[0]}`
    const names = [...fresh(each).graph.outputs].map(({ name }) => name)
    if (model.graph.outputs.map(({ name }) => name).join() !== names.join()) return 'outputs were renamed'
    const feeds = variant === 'as it is' ? data.feeds : new Map()
    const reference = data.expected ?? (await runModel(fresh(each), data.feeds, runtime))
    if (typeof reference === 'string') return `original: ${reference}`
    const outputs = await runModel(model, feeds, runtime)
    const passes = [...new Set(firings.map(({ pass }) => pass))].join(', ')
    if (typeof outputs === 'string') return `${outputs} (after ${passes || 'no pass'})`
    for (const [name, expected] of reference) {
      const { agrees, reason } = compareTensors(name, expected, outputs.get(name), roundingTolerance, shapesOnly)
      if (agrees) continue
      // Where the runtime departs from the expected value by itself, its own answer to the original counts.
      const own = await runModel(fresh(each), data.feeds, runtime)
      const same =
        typeof own !== 'string' && compareTensors(name, own.get(name)!, outputs.get(name), exactTolerance).agrees
      if (!same) return `output ${name}: ${reason} (after ${passes || 'no pass'})`
    }
  }
  return undefined
}

async function runModel(model: Model, feeds: CaseData['feeds'], runtime: Runtime) {
  const session = await runtime.load({ bytes: encoded(model) }, { optimization: 'disabled' })
  const loaded = isFailure(session) ? await runtime.load({ bytes: encoded(model) }, { optimization: 'all' }) : session
  if (isFailure(loaded)) return loaded.message
  const outputs = await runtime.run(loaded, feeds)
  await runtime.release(loaded)
  return isFailure(outputs) ? outputs.message : outputs
}

/** Everything that is fed becomes an initializer: now there is something to fold. */
function bakeInputs(model: Model, { feeds }: CaseData): void {
  const { graph } = model
  model.irVersion = Math.max(model.irVersion, 4)
  for (const input of [...graph.inputs]) {
    const tensor = feeds.get(input.name) ?? input.tensor
    if (tensor === undefined || input.isGraphOutput) continue
    input.tensor = tensor
    input.isInput = false
    graph.inputs.splice(graph.inputs.indexOf(input), 1)
    graph.initializers.add(input)
  }
}
