// The search without data: how fast it scores, whether it finds the optimum of spaces that can be enumerated, and what curated
// widths are worth. Losses are the weight proxy's, or drawn (seeded) where it says so.
// Usage: node bench/search.mjs MOBILENETV2.onnx [NET.onnx ...]. Needs dist/. Writes bench/results/search.json.
// The nets are those whose block forms are enumerated; without any the fixture.

import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { agingEvolution } from '../dist/search/algorithms/aging-evolution.js'
import { absoluteBudgets, parseBudgets, violationOf } from '../dist/search/budgets.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { curatedStep } from '../dist/search/curated-step.js'
import { lossesBy, lossOf } from '../dist/search/fidelity/losses.js'
import { weightProxy } from '../dist/search/fidelity/weight-proxy.js'
import { openSpace } from '../dist/search/open-space.js'
import { latencyWeight, problemOf } from '../dist/search/request.js'
import { search } from '../dist/search/search.js'
import { defaultLevels } from '../dist/search/space/width-options.js'
import { machine } from './machine.mjs'

const [mobilenet, ...given] = process.argv.slice(2)
const fixture = new URL('../fixtures/shapes/shapes_ibn.onnx', import.meta.url).pathname
const nets = given.length > 0 ? given : [fixture]
const target = loadTarget('neural-engine')
const seeds = Array.from({ length: 20 }, (_, i) => i + 1)
const round = (value, digits = 4) => Number(value.toPrecision(digits))
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

async function netOf(file) {
  const model = await readModel(file)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
  return model
}

/** Wall-clock and processor seconds: other work on the machine shows in the first alone. */
async function timed(work) {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }
}

const curated = { kind: 'curated', levels: defaultLevels }

async function throughput(file) {
  const model = await netOf(file)
  const everything = { parts: ['widths', 'blocks'], widths: curated }
  const opening = await timed(() => openSpace(model, target, everything))
  const opened = opening.result
  const losses = weightProxy(model, opened.space)
  const request = { opened, losses, seed: 1, evaluations: 100_000, budgets: parseBudgets('latency=60%') }
  const evolution = await timed(() => search({ ...request, algorithm: 'evolution' }))
  const exact = await timed(() => search({ ...request, algorithm: 'exact' }))
  const random = new SeededRandom(2)
  const candidates = Array.from({ length: 20_000 }, () => opened.space.random(random))
  const rates = []
  for (let repeat = 0; repeat < 15; repeat++) {
    const { cpuSeconds } = await timed(() => {
      for (const candidate of candidates) opened.table.score(candidate)
    })
    rates.push(candidates.length / cpuSeconds)
  }
  return {
    model: basename(file),
    choices: opened.space.choices.length,
    candidates: String(opened.space.size),
    kernelsInTable: opened.table.spec.kernels.length,
    activationsInTable: opened.table.spec.activations.length,
    openCpuSeconds: round(opening.cpuSeconds),
    scoresPerCpuSecond: Math.round(median(rates)),
    slowestScoresPerCpuSecond: Math.round(Math.min(...rates)),
    search100000: {
      cpuSeconds: round(opening.cpuSeconds + evolution.cpuSeconds),
      seconds: round(opening.seconds + evolution.seconds),
      loss: round(evolution.result.best.loss),
      latencyMs: round(evolution.result.best.latencyMs),
    },
    exact: {
      cpuSeconds: round(opening.cpuSeconds + exact.cpuSeconds),
      loss: round(exact.result.best.loss),
      latencyMs: round(exact.result.best.latencyMs),
      gap: exact.result.proof.gap,
    },
  }
}

/** Noise as a table of measurements might have it: nothing to do with what an option saves. */
function drawnLosses(space, seed) {
  const random = new SeededRandom(seed)
  return { source: 'proxy', note: `drawn, seed ${seed}`, of: lossesBy(space, () => random.uniform() ** 2) }
}

async function optimality(file) {
  const model = await netOf(file)
  const opened = await openSpace(model, target, { parts: ['blocks'], widths: curated })
  const { space, table } = opened
  const lists = [weightProxy(model, space), drawnLosses(space, 1), drawnLosses(space, 2)]
  const texts = ['latency=80%', 'latency=60%', 'latency=75%,weights=150%', 'memory=90%']
  const instances = texts.flatMap((text) => lists.map((losses) => ({ text, losses })))
  const problems = instances.map(({ text, losses }) => {
    const budgets = absoluteBudgets(parseBudgets(text), table.score(space.original))
    const request = { opened, losses, budgets, seed: 1, evaluations: 1 }
    return { text, losses, budgets, request, problem: problemOf(request, 'loss'), best: Number.POSITIVE_INFINITY }
  })
  const originalMs = table.score(space.original).latencyMs
  let candidates = 0
  const objectives = new Float64Array(1)
  for (const candidate of space.all()) {
    candidates++
    const score = table.score(candidate)
    for (const instance of problems) {
      if (violationOf(score, instance.budgets) > 0) continue
      const value = lossOf(instance.losses, candidate) + (latencyWeight * score.latencyMs) / originalMs
      instance.best = Math.min(instance.best, value)
    }
  }
  const evaluations = Math.min(20_000, Math.floor(candidates / 50))
  const results = []
  for (const { text, losses, request, problem, best } of problems) {
    if (!Number.isFinite(best)) {
      const { reason } = await search({ ...request, algorithm: 'exact' })
      results.push({ budget: text, losses: losses.note, optimum: null, exact: reason })
      continue
    }
    const exact = await search({ ...request, algorithm: 'exact' })
    problem.evaluate(exact.best.candidate, objectives)
    const isExact = Math.abs(objectives[0] - best) <= 1e-6 * Math.max(1, best)
    const found = seeds.map((seed) => agingEvolution(problem, { seed, evaluations, first: [space.original] }))
    const values = found.map((each) => (each.violation > 0 ? Number.POSITIVE_INFINITY : each.objectives[0]))
    results.push({
      budget: text,
      losses: losses.source === 'proxy' && losses.note.startsWith('drawn') ? losses.note : 'weight proxy',
      optimum: round(best, 6),
      exactFindsIt: isExact,
      exactGap: exact.proof.gap,
      seedsAtOptimum: values.filter((value) => value <= best + 1e-6).length,
      seedsWithin1Percent: values.filter((value) => value <= 1.01 * best).length,
    })
    console.log(basename(file), results.at(-1))
  }
  return { model: basename(file), candidates, evaluations, seeds: seeds.length, results }
}

/** The same evolution over widths by lanes and over every width. */
async function curation(file) {
  const model = await netOf(file)
  const budget = 'latency=75%'
  const lanes = { kind: 'lanes', step: curatedStep(target) }
  const kinds = { curated, lanes, raw: { kind: 'raw', increment: 1 } }
  const spaces = {}
  for (const [kind, widths] of Object.entries(kinds)) {
    const opened = await openSpace(model, target, { parts: ['widths'], widths })
    const losses = weightProxy(model, opened.space)
    const request = { opened, losses, budgets: parseBudgets(budget), seed: 1, evaluations: 1 }
    spaces[kind] = { opened, losses, request, problem: problemOf(request, 'loss') }
  }
  const exact = await search({ ...spaces.curated.request, algorithm: 'exact' })
  const objective = new Float64Array(1)
  const limits = { curated: 40_000, lanes: 40_000, raw: 160_000 }
  const runs = {}
  for (const [kind, { problem, opened }] of Object.entries(spaces)) {
    runs[kind] = seeds.map((seed) => {
      const trajectory = []
      let best = Number.POSITIVE_INFINITY
      agingEvolution(problem, {
        seed,
        evaluations: limits[kind],
        first: [opened.space.original],
        onEvaluation: ({ violation, objectives }, count) => {
          if (violation === 0 && objectives[0] < best) {
            best = objectives[0]
            trajectory.push([count, best])
          }
          return false
        },
      })
      return trajectory
    })
  }
  const bestOf = (trajectory) => trajectory.at(-1)[1]
  spaces.curated.problem.evaluate(exact.best.candidate, objective)
  const best = Math.min(objective[0], ...Object.values(runs).flatMap((list) => list.map(bestOf)))
  const result = {
    model: basename(file),
    budget,
    bestKnown: round(best, 6),
    provedOfCurated: round(exact.best.loss, 6),
  }
  for (const [kind, { opened }] of Object.entries(spaces)) {
    const counts = [0.01, 0.05].map((share) =>
      runs[kind].map((trajectory) => trajectory.find(([, value]) => value <= (1 + share) * best)?.[0] ?? null),
    )
    const reached = (list) => list.filter((count) => count !== null)
    result[kind] = {
      candidates: String(opened.space.size),
      limit: limits[kind],
      evaluationsToWithin1Percent: spreadOf(counts[0], limits[kind]),
      evaluationsToWithin5Percent: spreadOf(counts[1], limits[kind]),
      seedsReaching1Percent: reached(counts[0]).length,
      seedsReaching5Percent: reached(counts[1]).length,
      finalExcessPercent: round(100 * (median(runs[kind].map(bestOf)) / best - 1), 3),
      finalSpreadPercent: round(
        (100 * (Math.max(...runs[kind].map(bestOf)) - Math.min(...runs[kind].map(bestOf)))) / best,
        3,
      ),
      stepsThatChangeLatency: round(monotoneShare(opened), 3),
    }
  }
  // Where raw seeds did not get there, this is a lower bound.
  result.evaluationsRatio1Percent = round(
    result.raw.evaluationsToWithin1Percent.median / result.curated.evaluationsToWithin1Percent.median,
    3,
  )
  return result
}

/** Seeds that did not get there count with all evaluations they had: the median is a lower bound if there are many. */
function spreadOf(counts, limit) {
  const filled = counts.map((count) => count ?? limit).sort((a, b) => a - b)
  return { least: filled[0], median: median(filled), most: filled.at(-1) }
}

/** Of steps to the next wider option: the share in which latency rises. */
function monotoneShare({ space, table }) {
  const random = new SeededRandom(3)
  let [rising, all] = [0, 0]
  for (let i = 0; i < 300; i++) {
    const candidate = space.random(random)
    const { latencyMs } = { ...table.score(candidate) }
    for (const [choice, count] of space.optionCounts.entries()) {
      if (candidate[choice] + 1 >= count) continue
      all++
      if (table.score(space.with(candidate, choice, candidate[choice] + 1)).latencyMs > latencyMs) rising++
    }
  }
  return rising / all
}

const results = { throughput: await throughput(mobilenet) }
console.log(results.throughput)
results.optimality = []
for (const net of nets) results.optimality.push(await optimality(net))
results.curation = []
for (const net of [mobilenet, fixture]) results.curation.push(await curation(net))
console.log(results.curation)
writeFileSync(
  new URL('results/search.json', import.meta.url),
  `${JSON.stringify({ machine: machine(), target: target.name, results }, null, 2)}\n`,
)
