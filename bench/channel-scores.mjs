// Which channels a depth multiplier lets go, weights left as they are and refitted: top-1 of trained nets by the scores that chose.
// Calibration: four fifths of the nets' calibration images; held out: the fifth, by which the default was chosen; test images
// are only looked at. With --samples fewer calibration images are refitted to.
// Usage: node bench/channel-scores.mjs SHARED_DIR [--samples N] [--only NET]. Needs dist/. Writes bench/results/channel-scores.json.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { evaluate } from '../dist/accuracy/evaluate.js'
import { holdOut } from '../dist/accuracy/hold-out.js'
import { noPreprocess, readPreprocess } from '../dist/accuracy/input/preprocess.js'
import { metricsFor } from '../dist/accuracy/metrics/index.js'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { selectSamples } from '../dist/accuracy/select-samples.js'
import { readModel } from '../dist/import/read-model.js'
import { inferTypes } from '../dist/ir/infer.js'
import { applyRecipe } from '../dist/passes/architecture/recipe.js'
import { channelScoring, channelScoringNames } from '../dist/tune/channel-scorers.js'
import { stageProbe } from '../dist/tune/probe.js'
import { defaultTuner, loadTuner } from '../dist/tune/tuners.js'
import { machine } from './machine.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { samples: { type: 'string', default: '100000' }, only: { type: 'string' } },
})
const [shared] = positionals
const cifar = {
  data: 'data/cifar10/train_images.npy.gz',
  labels: 'data/cifar10/train_labels.npy',
  testData: 'data/cifar10/test_images.npy.gz',
  testLabels: 'data/cifar10/test_labels.npy',
}
const shapes = {
  data: 'trained/shapes/calibration',
  testData: 'trained/shapes/test',
  preprocess: 'tensorflow',
}
const nets = [
  { name: 'shapes_ibn', file: 'trained/shapes/shapes_ibn.onnx', ...shapes },
  { name: 'cifar_dw', file: 'trained/cifar_dw.onnx', ...cifar },
  { name: 'cifar_ibn', file: 'trained/cifar_ibn.onnx', ...cifar },
].filter(({ name }) => values.only === undefined || values.only === name)
const ratios = [0.75, 0.5]
const multipleOf = 4

async function open({ file, data, labels, testData, testLabels, preprocess }) {
  const model = await readModel(join(shared, file))
  inferTypes(model)
  const set = (images, classes) =>
    openDataSet({
      data: join(shared, images),
      labels: classes && join(shared, classes),
      preprocess: preprocess ? readPreprocess(preprocess) : noPreprocess,
      model,
    })
  const { kept, heldOut } = await holdOut(await set(data, labels), 0.2, 0)
  const wanted = Math.min(kept.count, Number(values.samples))
  const calibration = selectSamples(
    kept,
    Array.from({ length: wanted }, (_, i) => Math.floor((i * kept.count) / wanted)),
  )
  return { model, calibration, heldOut, test: await set(testData, testLabels) }
}

async function topOne(model, data) {
  const probe = await stageProbe(model, [])
  try {
    const [score] = await evaluate({ path: probe.path }, probe.model, data, { metrics: metricsFor(data.labels) })
    return score.value
  } finally {
    await probe.discard()
  }
}

const tuner = await loadTuner(defaultTuner())
const output = new URL('./results/channel-scores.json', import.meta.url)

async function measure(net) {
  const { model, calibration, heldOut, test } = await open(net)
  const accuracies = async (of) => ({ heldOut: await topOne(of, heldOut), test: await topOne(of, test) })
  const record = {
    model: net.name,
    calibration: calibration.count,
    heldOut: heldOut.count,
    test: test.count,
    original: await accuracies(model),
    ratios: {},
  }
  for (const name of channelScoringNames()) {
    const scores = await channelScoring(name).open(model, calibration, {})
    for (const ratio of ratios) {
      const decisions = [{ kind: 'depth-multiplier', ratio, multipleOf }]
      const narrowed = applyRecipe(model, { recipeVersion: 1, decisions }, { scores })
      const asIs = await accuracies(narrowed.model)
      const { model: student, correspondence, fitted } = narrowed
      await tuner.tune({ teacher: model, student, correspondence, fitted, data: calibration, options: {} })
      const figures = { asIs, refitted: await accuracies(student) }
      record.ratios[ratio] = { ...record.ratios[ratio], [name]: figures }
      console.log(net.name, ratio, name, JSON.stringify(figures))
    }
  }
  return record
}

const results = []
for (const net of nets) results.push(await measure(net))
// Of one net alone: the others' figures stay.
const before = values.only === undefined ? [] : JSON.parse(readFileSync(output, 'utf8')).results
const all = [...before.filter(({ model }) => model !== values.only), ...results]
const text = JSON.stringify({ machine: machine(), tuner: tuner.name, multipleOf, results: all }, null, 2)
writeFileSync(output, `${text}\n`)
