// Scores without training and without data: how well they rank candidates by the accuracy that these really have. Candidates are
// drawn (seeded) from the spaces of trained nets, built, refitted in closed form to a few samples, and run on labelled samples
// that were held out from calibration; test images are not looked at.
// Usage: node bench/zero-shot.mjs SHARED_DIR [--only NET] [--measure-only] [--score-only] [--scores NAME] [--rescore NAME].
// Needs dist/. Writes bench/results/zero-shot.json after every figure; what is there already, accuracies and scores, is not found
// out again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { evaluate } from '../dist/accuracy/evaluate.js'
import { holdOut } from '../dist/accuracy/hold-out.js'
import { noPreprocess, readPreprocess } from '../dist/accuracy/input/preprocess.js'
import { metricsFor } from '../dist/accuracy/metrics/index.js'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { selectSamples } from '../dist/accuracy/select-samples.js'
import { modelBytes } from '../dist/export/model-bytes.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { isDeclined } from '../dist/passes/architecture/declined.js'
import { applyDecisions } from '../dist/passes/architecture/recipe.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { Runtime } from '../dist/runtime/session.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { openSpace } from '../dist/search/open-space.js'
import { recipeOf } from '../dist/search/space/candidate-recipe.js'
import { keyOf } from '../dist/search/space/space.js'
import { defaultLevels } from '../dist/search/space/width-options.js'
import { chooseScore } from '../dist/search/zero-shot/choose-score.js'
import { usualBatch } from '../dist/search/zero-shot/input-sizes.js'
import { tauGainInterval } from '../dist/search/zero-shot/rank-correlation.js'
import { zeroShotScores } from '../dist/search/zero-shot/scores.js'
import { loadTuner } from '../dist/tune/tuners.js'
import { machine } from './machine.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    'measure-only': { type: 'boolean', default: false },
    'score-only': { type: 'boolean', default: false },
    scores: { type: 'string', multiple: true, default: Object.keys(zeroShotScores) },
    rescore: { type: 'string', multiple: true, default: [] },
  },
})
const [shared] = positionals
const nets = [
  {
    name: 'shapes_ibn',
    file: fileURLToPath(new URL('../fixtures/shapes/shapes_ibn.onnx', import.meta.url)),
    data: fileURLToPath(new URL('../fixtures/shapes/calibration', import.meta.url)),
    preprocess: 'tensorflow',
    fitted: 150,
    heldOut: 150,
    wanted: 48,
  },
  {
    name: 'cifar_ibn',
    file: join(shared, 'trained/cifar_ibn.onnx'),
    data: join(shared, 'data/cifar10/train_images.npy.gz'),
    labels: join(shared, 'data/cifar10/train_labels.npy'),
    fitted: 100,
    heldOut: 600,
    wanted: 40,
  },
].filter(({ name }) => values.only === undefined || values.only === name)
const tuner = await loadTuner('closed-form')

const output = new URL('./results/zero-shot.json', import.meta.url)
const known = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')).nets : []
const write = () => writeFileSync(output, `${JSON.stringify({ machine: machine(), nets: known }, null, 2)}\n`)
const round = (value, digits = 5) => Number(value.toPrecision(digits))

async function open({ file, data, labels, preprocess, fitted, heldOut }) {
  const model = await readModel(file)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
  const all = await openDataSet({
    data,
    labels,
    preprocess: preprocess ? readPreprocess(preprocess) : noPreprocess,
    model,
  })
  const { kept, heldOut: rest } = await holdOut(all, heldOut / all.count, 0)
  const even = Array.from({ length: fitted }, (_, i) => Math.floor((i * kept.count) / fitted))
  return { model, calibration: selectSamples(kept, even), heldOut: rest }
}

/** One to six choices decided otherwise; every eighth candidate is drawn from the whole space. */
function draw(space, random, index) {
  if (index % 8 === 7) return space.random(random)
  let candidate = space.original
  const changes = random.integer(1, 6)
  for (let i = 0; i < changes; i++) {
    const choice = random.integer(0, candidate.length - 1)
    candidate = space.with(candidate, choice, random.integer(0, space.optionCounts[choice] - 1))
  }
  return candidate
}

/** Candidates that the model allows, none twice, none the original. */
function drawCandidates(model, space, wanted) {
  const random = new SeededRandom(12)
  const found = new Map()
  for (let index = 0; found.size < wanted; index++) {
    const candidate = draw(space, random, index)
    const key = keyOf(candidate)
    const { decisions } = recipeOf(space, candidate)
    if (found.has(key) || decisions.length === 0 || isDeclined(applyDecisions(model, decisions))) continue
    found.set(key, { candidate, decisions })
  }
  return [...found.values()]
}

async function accuracyOf(model, data) {
  const [score] = await evaluate({ bytes: modelBytes(model) }, model, data, { metrics: metricsFor(data.labels) })
  return round(score.value)
}

async function measure(net, { model, calibration, heldOut }, candidates) {
  const facts = { net: net.name, fitted: calibration.count, heldOut: heldOut.count }
  const at = known.findIndex(({ net: name }) => name === net.name)
  const isSame = at >= 0 && known[at].fitted === facts.fitted && known[at].heldOut === facts.heldOut
  const record = isSame
    ? known[at]
    : { ...facts, tuner: tuner.name, original: await accuracyOf(model, heldOut), candidates: [] }
  if (!isSame) known.splice(at < 0 ? known.length : at, 1, record)
  for (const { decisions } of candidates) {
    const text = JSON.stringify(decisions)
    if (record.candidates.some((each) => JSON.stringify(each.decisions) === text)) continue
    const { model: student, correspondence, fitted } = applyDecisions(model, decisions)
    const started = performance.now()
    const asIs = await accuracyOf(student, heldOut)
    await tuner.tune({ teacher: model, student, correspondence, fitted, data: calibration, options: {} })
    const refitted = await accuracyOf(student, heldOut)
    const seconds = round((performance.now() - started) / 1000, 3)
    record.candidates.push({ decisions, asIs, refitted, seconds })
    write()
    console.log(net.name, record.candidates.length, asIs, refitted, `${seconds} s`)
  }
  return record
}

/** What every score says of the candidates: values beside the accuracies, correlations with them in the record. */
async function score(record, { model }) {
  const symbols = new Map()
  const setting = { seed: 1, sizes: { batch: usualBatch(model, symbols), symbols } }
  for (const name of values.scores) {
    const isKnown = ({ scores = {} }) => name in scores && !values.rescore.includes(name)
    const unknown = record.candidates.filter((candidate) => !isKnown(candidate))
    if (unknown.length === 0) continue
    const runtime = new Runtime()
    const started = performance.now()
    const scorer = await zeroShotScores[name].open(model, { ...setting, runtime })
    for (const candidate of unknown)
      candidate.scores = { ...candidate.scores, [name]: round(await scorer(candidate), 7) }
    runtime.close()
    const seconds = (performance.now() - started) / 1000 / unknown.length
    record.secondsEach = { ...record.secondsEach, [name]: round(seconds, 3) }
    write()
    console.log(record.net, name, `${round(seconds, 3)} s for each of ${unknown.length}`)
  }
  const scores = Object.fromEntries(
    Object.keys(zeroShotScores)
      .filter((name) => record.candidates.every(({ scores = {} }) => name in scores))
      .map((name) => [name, record.candidates.map((each) => each.scores[name])]),
  )
  const judge = (accuracies) => {
    const { name: chosen, judged } = chooseScore({ scores, losses: accuracies.map((value) => record.original - value) })
    const rounded = (interval) => interval.map((end) => round(end, 3))
    const correlations = judged.map(({ name, tau, tauInterval, rho, gainInterval }) => ({
      name,
      tau: round(tau, 3),
      tauInterval: rounded(tauInterval),
      rho: round(rho, 3),
      gainInterval: rounded(gainInterval),
      gainOverWeightsInterval: rounded(tauGainInterval(scores[name], scores.weights, accuracies)),
    }))
    return { chosen, correlations }
  }
  record.refitted = judge(record.candidates.map(({ refitted }) => refitted))
  record.asIs = judge(record.candidates.map(({ asIs }) => asIs))
  write()
  for (const [what, { chosen, correlations }] of Object.entries({ refitted: record.refitted, 'as is': record.asIs })) {
    console.log(`${record.net}, ${record.candidates.length} candidates ${what}: ${chosen} is chosen`)
    for (const { name, tau, tauInterval, rho, gainInterval, gainOverWeightsInterval } of correlations) {
      const gain = `gain ${gainInterval.join(' to ')} over the parameter count, ${gainOverWeightsInterval.join(' to ')} over weights`
      console.log(`  ${name.padEnd(14)} tau ${tau} (${tauInterval.join(' to ')}), rho ${rho}, ${gain}`)
    }
  }
}

const target = loadTarget('neural-engine')
for (const net of nets) {
  const opened = await open(net)
  const widths = { kind: 'curated', levels: defaultLevels }
  const { space } = await openSpace(opened.model, target, { parts: ['widths', 'blocks'], widths })
  const record = values['score-only']
    ? known.find(({ net: name }) => name === net.name)
    : await measure(net, opened, drawCandidates(opened.model, space, net.wanted))
  if (!values['measure-only']) await score(record, opened)
}
