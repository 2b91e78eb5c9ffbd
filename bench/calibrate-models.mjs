// Whole models of a sibling device correct a predictor: a predictor fitted to a table of the neural-engine's cycle model is
// calibrated by 10 models on another array on paper (slower memory, fewer lanes, dearer calls), and the cpu predictor by 10
// models timed on this machine (LATENCY.json: what bench/latency.mjs writes); both tested on the other models, drawn anew
// many times. Usage: node bench/calibrate-models.mjs FOLDER [draws] [LATENCY.json]. Needs dist/. Writes bench/results/calibrate-models.json.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { restMsOf } from '../dist/estimator/calibrate/calibrate-file.js'
import { calibrateModels } from '../dist/estimator/calibrate/calibrate-models.js'
import { variantOf } from '../dist/estimator/calibrate/distill.js'
import { estimate } from '../dist/estimator/estimate.js'
import { fitTable } from '../dist/estimator/fit/fit-table.js'
import { median, summarizeErrors } from '../dist/estimator/fit/statistics.js'
import { loadPredictor, Predictor } from '../dist/estimator/predictor.js'
import { familyOf } from '../dist/estimator/table/fields.js'
import { kernelCost, millisecondsOf } from '../dist/hw/cycles/index.js'
import { planKernels } from '../dist/hw/kernels.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { inferTypes } from '../dist/ir/infer.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'

const [folder, draws = '30', timedFile] = process.argv.slice(2)
const calibrationSize = 10

async function loadModels() {
  const models = []
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.onnx'))
    .sort()) {
    const model = await readModel(join(folder, name))
    inferTypes(model)
    models.push({ name, model })
  }
  return models
}

/** Models as kernels of a target, with their latency on the sibling. */
const cut = (models, target, latencyOf, interaction) =>
  models.flatMap(({ name, model }) => {
    const latencyMs = latencyOf(name, model)
    if (!(latencyMs > 0)) return []
    const { kernels } = planKernels(model, target)
    return [{ name, latencyMs, kernels, restMs: restMsOf(model, kernels, interaction) }]
  })

function shuffle(list, random) {
  const order = [...list]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length

function evaluate(title, predictor, models) {
  const kernelFactor = predictor.file.interaction?.factor ?? 1
  const predict = (by, { kernels, restMs }) =>
    kernels.reduce(
      (sum, { shape, repeats }) => sum + repeats * kernelFactor * by.latencyMs(shape),
      restMs * (by.file.calibration?.restFactor ?? 1),
    )
  const runs = { 'as it is': [], 'times a constant': [], calibrated: [] }
  for (let draw = 0; draw < Number(draws); draw++) {
    const order = shuffle(models, new SeededRandom(draw + 1))
    const few = order.slice(0, calibrationSize)
    const test = order.slice(calibrationSize)
    const measured = test.map(({ latencyMs }) => latencyMs)
    const own = test.map((model) => predict(predictor, model))
    const factor = median(few.map((model) => model.latencyMs / predict(predictor, model)))
    const calibration = calibrateModels(predictor, few, {
      device: 'sibling',
      data: { file: '', sha256: '' },
      kernelFactor,
    })
    const calibrated = new Predictor({ ...predictor.file, calibration })
    const corrected = test.map((model) => predict(calibrated, model))
    const width = Math.exp(calibration.halfWidth)
    const inside = corrected.filter((ms, i) => measured[i] >= ms / width && measured[i] <= ms * width).length
    runs['as it is'].push(summarizeErrors(own, measured))
    runs['times a constant'].push(
      summarizeErrors(
        own.map((ms) => ms * factor),
        measured,
      ),
    )
    runs.calibrated.push({ ...summarizeErrors(corrected, measured), coverage90: inside / test.length })
  }
  const result = { models: models.length, drawn: calibrationSize, draws: Number(draws), methods: {} }
  for (const [name, list] of Object.entries(runs)) {
    const keys = ['mape', 'within10', 'kendallTau', ...(name === 'calibrated' ? ['coverage90'] : [])]
    const row = Object.fromEntries(keys.map((key) => [key, mean(list.map((run) => run[key]))]))
    result.methods[name] = row
    const coverage = row.coverage90 === undefined ? '' : `, in the 90 % interval ${(100 * row.coverage90).toFixed(1)} %`
    console.log(
      `${title}, ${name.padEnd(18)} MAPE ${row.mape.toFixed(1).padStart(6)} %, within 10 % ${(100 * row.within10).toFixed(1)} %, tau ${row.kendallTau.toFixed(3)}${coverage}`,
    )
  }
  return result
}

const models = await loadModels()
const results = {}

const neuralEngine = loadTarget('neural-engine')
const random = new SeededRandom(1)
const shapes = models.flatMap(({ model }) => planKernels(model, neuralEngine).kernels.map(({ shape }) => shape))
const variants = shuffle([...shapes, ...shapes.map((shape) => variantOf(shape, random))], random).slice(0, 3000)
const table = {
  file: 'cycles',
  sha256: '',
  device: neuralEngine.name,
  rows: variants.map((shape, line) => ({
    ...shape,
    latencyMs:
      millisecondsOf(kernelCost(shape, neuralEngine).cycles, neuralEngine) * Math.exp(0.04 * (random.uniform() - 0.5)),
    family: familyOf(shape),
    labels: { kernel: shape.kind, precision: shape.precision },
    line,
  })),
}
const learned = new Predictor(fitTable(table, { name: 'neural-engine', processors: 1, seed: 1, source: 'cycle model' }))
const sibling = {
  ...neuralEngine,
  name: 'sibling',
  array: { ...neuralEngine.array, inputLanes: 16 },
  memory: { ...neuralEngine.memory, dramBytesPerCycle: 3 },
  overhead: { cyclesPerKernel: 6000 },
}
results['another array on paper'] = evaluate(
  'another array',
  learned,
  cut(models, neuralEngine, (_, model) => estimate(model, sibling).latencyMs),
)

if (timedFile !== undefined) {
  const { rows } = JSON.parse(readFileSync(timedFile, 'utf8'))
  const latency = new Map(rows.map(({ model, beforeMs }) => [model, beforeMs]))
  const cpu = loadPredictor('cpu')
  results['this machine'] = evaluate(
    'cpu, timed',
    cpu,
    cut(models, loadTarget('cpu'), (name) => latency.get(name), cpu.file.interaction),
  )
}
writeFileSync(
  new URL('results/calibrate-models.json', import.meta.url),
  `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`,
)
