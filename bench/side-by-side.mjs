// The same nets through what is published for ONNX files alone, and through ours: estimated latency on neural-engine and accuracy on
// test images. What others publish tidies a graph; of those that cut channels from an ONNX file the rule that chooses them is
// followed here (filters of least norm go), the cut is our own. Refitted nets are those of bench/closed-form.mjs.
// Usage: node bench/side-by-side.mjs SHARED_DIR. Needs dist/. Writes bench/results/side-by-side.json.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evaluate } from '../dist/accuracy/evaluate.js'
import { noPreprocess, readPreprocess } from '../dist/accuracy/input/preprocess.js'
import { metricsFor } from '../dist/accuracy/metrics/index.js'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { estimate } from '../dist/estimator/estimate.js'
import { writeModel } from '../dist/export/write-model.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { inferTypes } from '../dist/ir/infer.js'
import { weightNorm } from '../dist/passes/architecture/importance.js'
import { applyRecipe } from '../dist/passes/architecture/recipe.js'
import { Runtime } from '../dist/runtime/session.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { curatedStep } from '../dist/search/curated-step.js'
import { passContext } from '../dist/zoo/pass-context.js'
import { machine } from './machine.mjs'

const [shared] = process.argv.slice(2)
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const target = loadTarget('neural-engine')
const threads = 2
const cifar = { data: 'data/cifar10/test_images.npy.gz', labels: 'data/cifar10/test_labels.npy' }
const nets = [
  { name: 'cifar_ibn', file: 'trained/cifar_ibn.onnx', ...cifar, preprocess: noPreprocess },
  {
    name: 'mobilenetv2',
    file: 'models/mobilenetv2_1.0_224.onnx',
    data: 'data/imagenet/test',
    preprocess: readPreprocess('tensorflow'),
  },
]
/** Decisions and the cases of bench/closed-form.mjs that carry them out. */
const fusions = { cifar_ibn: 'blocks 0-2', mobilenetv2: 'blocks 0, 1, 2, 3, 4' }
const widths = 'widths only: x 0.75'

const folder = mkdtempSync(join(tmpdir(), 'side-by-side-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const rounded = (value, digits = 4) => Number(value.toFixed(digits))
const versionOf = (name) => JSON.parse(readFileSync(here(`../node_modules/${name}/package.json`), 'utf8')).version

/** Nets as others and we leave them, as files. */
const tools = [
  { tool: 'none', decision: 'as it is', file: async (from) => from },
  {
    tool: `onnxsim ${versionOf('onnxsim')} (npm)`,
    decision: 'as it is',
    async file(from, to) {
      const { status, stderr } = spawnSync(process.execPath, [here('peer-onnxsim.mjs'), from, to], { encoding: 'utf8' })
      if (status !== 0) throw new Error(stderr)
      return to
    },
  },
  {
    tool: `onnxruntime ${versionOf('onnxruntime-node')}, graph optimizations that keep to standard operators`,
    decision: 'as it is',
    async file(from, to) {
      const runtime = new Runtime()
      await runtime.load({ path: from }, { optimization: 'basic', optimizedModelPath: to })
      runtime.close()
      return to
    },
  },
  {
    tool: 'ours, exact passes',
    decision: 'as it is',
    async file(from, to) {
      const model = await readModel(from)
      await cleanUp(model, passContext(model, target))
      await writeModel(model, to)
      return to
    },
  },
  {
    tool: 'filters of least norm cut, nothing refitted',
    decision: 'x 0.75',
    async file(from, to) {
      const model = await readModel(from)
      await cleanUp(model, passContext(model, target, { mayTrade: false }))
      const recipe = { recipeVersion: 1, decisions: [{ kind: 'depth-multiplier', ratio: 0.75 }] }
      const { model: cut } = applyRecipe(model, recipe, {
        scores: () => weightNorm,
        curated: { multipleOf: curatedStep(target) },
      })
      await writeModel(cut, to)
      return to
    },
  },
]

const known = JSON.parse(readFileSync(here('./results/closed-form.json'), 'utf8')).cases
const rows = []
for (const { name: net, file, data, labels, preprocess } of nets) {
  let before
  for (const [i, { tool, decision, file: made }] of tools.entries()) {
    const path = await made(join(shared, file), join(folder, `${net}-${i}.onnx`))
    const model = await readModel(path)
    inferTypes(model)
    const { latencyMs } = estimate(model, target)
    before ??= latencyMs
    const test = await openDataSet({
      data: join(shared, data),
      labels: labels && join(shared, labels),
      preprocess,
      model,
    })
    const [metric] = metricsFor(test.labels, 'top-1')
    const [{ value }] = await evaluate({ path }, model, test, { metrics: [metric], threads })
    const row = { net, decision, tool, nodes: model.nodeCount, top1: rounded(value), latencyMs: rounded(latencyMs) }
    rows.push({ ...row, latencyChange: rounded(latencyMs / before - 1) })
    console.log(rows.at(-1))
  }
  for (const name of [widths, fusions[net]]) {
    const found = known.find((each) => each.net === net && each.name === name)
    if (found === undefined) {
      console.log(`${net} ${name}: not in closed-form.json`)
      continue
    }
    const { latencyChange } = found
    const decision = name === widths ? 'x 0.75' : `${name} fused`
    rows.push({ net, decision, tool: 'ours, nothing refitted', top1: found.inherited, latencyChange })
    rows.push({ net, decision, tool: 'ours, refitted in closed form', top1: found.refitted, latencyChange })
  }
}
writeFileSync(here('./results/side-by-side.json'), `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`)
