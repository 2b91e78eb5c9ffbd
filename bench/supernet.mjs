// How well losses that are foreseen rank candidates by what they lose when they are refitted with all effort: sums of the losses of
// single options, the same corrected by some candidates that were built, sub-networks that inherit fitted weights, and brief fits;
// with seconds for each. Candidates are those that an integer program finds at levels of latency, and others near them (seeded).
// What they really lose is measured on test data, everything else on samples held out from calibration data, as a search does.
// Usage: node bench/supernet.mjs SHARED_DIR [--only NET] [--candidates N] [--cache DIR]. Needs dist/. Adds to
// bench/results/supernet.json.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readPreprocess } from '../dist/accuracy/input/preprocess.js'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { selectSamples } from '../dist/accuracy/select-samples.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { mutate } from '../dist/search/algorithms/variation.js'
import { candidatesAtLevels } from '../dist/search/auto/levels.js'
import { dropIn, lossIn } from '../dist/search/auto/measured.js'
import { corrected, optionLosses } from '../dist/search/auto/option-losses.js'
import { promisingOptions } from '../dist/search/auto/screening.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { curatedStep } from '../dist/search/curated-step.js'
import { lossOf } from '../dist/search/fidelity/losses.js'
import { weightProxy } from '../dist/search/fidelity/weight-proxy.js'
import { openSpace } from '../dist/search/open-space.js'
import { decisionsOf, recipeOf } from '../dist/search/space/candidate-recipe.js'
import { keyOf } from '../dist/search/space/space.js'
import { defaultLevels } from '../dist/search/space/width-options.js'
import { rankCorrelation, tauGainInterval } from '../dist/search/zero-shot/rank-correlation.js'
import { channelScorer } from '../dist/tune/channel-scorers.js'
import { modelDigest } from '../dist/zoo/facts.js'
import { passContext } from '../dist/zoo/pass-context.js'
import { SearchEvaluators } from '../dist/zoo/search-evaluators.js'
import { searchSamples } from '../dist/zoo/search-samples.js'
import { SizedSamples } from '../dist/zoo/sized-samples.js'
import { originalFor } from '../dist/zoo/tailor.js'
import { addCase } from './case-results.mjs'
import { netsIn } from './nets.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    candidates: { type: 'string', default: '30' },
    cache: { type: 'string' },
  },
})
const [shared] = positionals
const wanted = Number(values.candidates)
const names = ['shapes_ibn', 'cifar_ibn']
const results = fileURLToPath(new URL('./results/supernet.json', import.meta.url))
/** Test samples that tell what candidates really lose. */
const testSamples = 1500
/** Single options that are measured, as a search of usual size does. */
const singles = 42
/** Candidates of the integer program, and the range of their latencies, as shares of the original's. */
const [levels, fastest, slowest] = [10, 0.4, 0.9]

const folder = values.cache ?? mkdtempSync(join(tmpdir(), 'supernet-'))
if (values.cache === undefined) process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const rounded = (value, digits = 3) => Number(value.toPrecision(digits))

async function open({ file, data }) {
  const flags = Object.fromEntries(
    data.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), data[i + 1]]] : [])),
  )
  const path = join(shared, file)
  const model = await readModel(path)
  const target = loadTarget('neural-engine')
  await cleanUp(model, passContext(model, target, { mayTrade: false }))
  const preprocess = readPreprocess(flags.preprocess)
  const set = (images, labels) => openDataSet({ data: images, labels, preprocess, model })
  const test = await set(flags['test-data'], flags['test-labels'])
  return {
    model,
    target,
    digest: await modelDigest(path, model),
    calibration: await set(flags.data, flags.labels),
    test: selectSamples(
      test,
      Array.from({ length: Math.min(testSamples, test.count) }, (_, i) => i),
    ),
    preprocess: flags.preprocess,
  }
}

async function measure(name, net) {
  const { model, target, digest, calibration, test, preprocess } = await open(net)
  const symbols = new Map()
  const job = {
    target,
    symbols,
    seed: 0,
    preprocess,
    tune: 'closed-form',
    channelScores: 'refit',
    cache: folder,
    threads: 1,
    tool: { name: 'bench', version: '1' },
  }
  const opened = await openSpace(model, target, {
    parts: ['widths', 'blocks'],
    widths: { kind: 'curated', levels: defaultLevels },
    binding: { symbols },
  })
  const { space, table } = opened
  const samples = await searchSamples(calibration, 0)
  const teacher = await originalFor(model, job.tune, samples.full, job)
  const decisions = decisionsOf(space)
  const scores = await channelScorer(job.channelScores, {
    original: teacher,
    decisions,
    data: samples.brief,
    options: {},
  })
  const sized = new SizedSamples(teacher, calibration, { seed: 0, calibrationFor: async () => calibration })
  const context = { scores, curated: { multipleOf: curatedStep(target) } }
  const asked = { teacher, digest, space, sized, context }
  const evaluators = await SearchEvaluators.open({ ...asked, samples, isInherited: true }, job)
  const onTest = { ...samples, measured: test }
  const judged = await SearchEvaluators.open({ ...asked, samples: onTest, isInherited: false }, job)
  const seconds = {}
  const built = async (evaluator, candidate, what) => {
    const started = performance.now()
    const evaluation = await evaluator.evaluate(recipeOf(space, candidate))
    seconds[what] = [...(seconds[what] ?? []), (performance.now() - started) / 1000]
    if (!('fidelity' in evaluation)) return undefined
    return { candidate, loss: lossIn(evaluation.fidelity), drop: dropIn(evaluation.fidelity) }
  }
  const guess = weightProxy(model, space)
  const base = { opened, losses: guess, budgets: [], seed: 0 }
  const least = space.canonical(space.original.slice())
  const options = promisingOptions(base, least, singles)
  const measured = []
  for (const option of options) {
    const loss = (await built(evaluators.brief, option.candidate, 'option'))?.loss ?? Number.POSITIVE_INFINITY
    measured.push({ ...option, loss })
  }
  const losses = optionLosses(space, guess, least, measured)
  const shares = Array.from({ length: levels }, (_, i) => slowest + ((fastest - slowest) * i) / (levels - 1))
  const atLevels = await candidatesAtLevels({ ...base, losses }, shares)
  const seen = []
  for (const candidate of atLevels) seen.push(await built(evaluators.brief, candidate, 'brief'))
  const known = corrected(
    losses,
    space,
    seen.filter((each) => each !== undefined),
  )
  const originalMs = table.score(space.original).latencyMs
  const random = new SeededRandom(7)
  const found = new Map()
  for (let tries = 0; found.size < wanted && tries < 10_000; tries++) {
    let candidate = atLevels[random.integer(0, atLevels.length - 1)]
    for (let step = random.integer(1, 3); step > 0; step--) candidate = mutate(space, candidate, random)
    const share = table.score(candidate).latencyMs / originalMs
    if (share < fastest || share > slowest || !Number.isFinite(lossOf(losses, candidate))) continue
    if (!atLevels.some((each) => keyOf(each) === keyOf(candidate))) found.set(keyOf(candidate), candidate)
  }
  const rows = []
  for (const candidate of found.values()) {
    const inherited = await built(evaluators.inherited, candidate, 'inherited')
    const brief = await built(evaluators.brief, candidate, 'brief')
    const full = await built(judged.full, candidate, 'full')
    if (full === undefined) continue
    rows.push({
      latency: table.score(candidate).latencyMs / originalMs,
      sum: lossOf(losses, candidate),
      corrected: lossOf(known, candidate),
      inherited: inherited.loss,
      brief: brief.loss,
      full: full.loss,
      drop: full.drop,
    })
    console.log(
      name,
      rows.length,
      Object.values(rows.at(-1))
        .map((value) => value.toFixed(4))
        .join('  '),
    )
  }
  await evaluators.close()
  await judged.close()
  const column = (what) => rows.map((row) => row[what])
  const guesses = ['sum', 'corrected', 'inherited', 'brief'].map((what) => {
    const { tau, tauInterval, rho } = rankCorrelation(column(what), column('full'))
    const gain = tauGainInterval(column(what), column('corrected'), column('full'))
    const ofDrop = rankCorrelation(column(what), column('drop'))
    return {
      guess: what,
      tau: rounded(tau),
      tauInterval: tauInterval.map((end) => rounded(end)),
      gainOverCorrected: gain.map((end) => rounded(end)),
      rho: rounded(rho),
      tauOfDrop: rounded(ofDrop.tau),
      tauOfDropInterval: ofDrop.tauInterval.map((end) => rounded(end)),
    }
  })
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
  return {
    net: name,
    options: measured.length,
    candidates: rows.length,
    testSamples: test.count,
    guesses,
    secondsEach: Object.fromEntries(Object.entries(seconds).map(([what, list]) => [what, rounded(median(list))])),
    rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([what, value]) => [what, rounded(value, 4)]))),
  }
}

for (const name of names.filter((each) => each.includes(values.only))) {
  const entry = await measure(name, netsIn(shared)[name])
  addCase(results, entry, ({ net }) => net, names)
  console.table(
    entry.guesses.map(({ guess, tau, tauInterval, tauOfDrop }) => ({
      guess,
      tau,
      from: tauInterval[0],
      to: tauInterval[1],
      tauOfDrop,
    })),
  )
  console.log(entry.secondsEach)
}
