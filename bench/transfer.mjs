// What a recipe of another model saves an evolution: evaluations to within 1, 5 and 20 % of the proved best, with the recipe to begin
// with and without. Losses are the weight proxy's.
// Usage: node bench/transfer.mjs SOURCE.onnx MODEL.onnx [MODEL.onnx ...]. Needs dist/. Writes bench/results/transfer.json.
// The recipe is the best of the source (exact) within the same budget; "other budget": within another one.

import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { originOf } from '../dist/passes/architecture/origin.js'
import { agingEvolution } from '../dist/search/algorithms/aging-evolution.js'
import { parseBudgets } from '../dist/search/budgets.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { startingPoints } from '../dist/search/evolution.js'
import { weightProxy } from '../dist/search/fidelity/weight-proxy.js'
import { openSpace } from '../dist/search/open-space.js'
import { problemOf } from '../dist/search/request.js'
import { search } from '../dist/search/search.js'
import { recipeOf } from '../dist/search/space/candidate-recipe.js'
import { defaultLevels } from '../dist/search/space/width-options.js'
import { transferRecipe } from '../dist/search/transfer/transfer-recipe.js'
import { machine } from './machine.mjs'

const [source, ...models] = process.argv.slice(2)
const target = loadTarget('neural-engine')
const seeds = Array.from({ length: 20 }, (_, i) => i + 1)
const limit = 60_000
const shares = [0.01, 0.05, 0.2]
const budgetTexts = ['latency=75%', 'latency=60%', 'latency=50%']
const round = (value, digits = 4) => Number(value.toPrecision(digits))
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

async function opened(file) {
  const model = await readModel(file)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
  const widths = { kind: 'curated', levels: defaultLevels }
  const space = await openSpace(model, target, { parts: ['widths', 'blocks'], widths })
  return { model, opened: space, losses: weightProxy(model, space.space) }
}

const bestWithin = async ({ opened, losses }, text) => {
  const request = { opened, losses, budgets: parseBudgets(text), seed: 1, evaluations: 1, algorithm: 'exact' }
  return { request, outcome: await search(request) }
}

/** By share, evaluations of each seed until the objective is within it of the best; all there are where it never is. */
function evaluationsTo(problem, goal, request) {
  const reached = shares.map(() => seeds.map(() => limit))
  for (const [i, seed] of seeds.entries()) {
    let next = shares.length - 1
    agingEvolution(problem, {
      seed,
      evaluations: limit,
      first: startingPoints({ ...request, seed }),
      onEvaluation: ({ violation, objectives }, count) => {
        if (violation > 0) return false
        for (; next >= 0 && objectives[0] <= (1 + shares[next]) * goal; next--) reached[next][i] = count
        return next < 0
      },
    })
  }
  return reached
}

const spreadOf = (counts) => {
  const sorted = [...counts].sort((a, b) => a - b)
  return {
    least: sorted[0],
    median: median(sorted),
    most: sorted.at(-1),
    seeds: counts.filter((n) => n < limit).length,
  }
}

const byShare = (lists, of) =>
  Object.fromEntries(shares.map((share, s) => [`within${Math.round(100 * share)}Percent`, of(lists[s], s)]))

async function transferTo(file, recipes) {
  const here = await opened(file)
  const { space, table } = here.opened
  const rows = []
  for (const text of budgetTexts) {
    const { request, outcome } = await bestWithin(here, text)
    const problem = problemOf(request, 'loss')
    const objective = new Float64Array(1)
    problem.evaluate(outcome.best.candidate, objective)
    const plain = evaluationsTo(problem, objective[0], request)
    const row = {
      budget: text,
      best: round(outcome.best.loss),
      gap: round(outcome.proof.gap),
      without: byShare(plain, spreadOf),
    }
    for (const [name, recipe] of Object.entries({ with: recipes[text], withOfOtherBudget: recipes[otherThan(text)] })) {
      const { candidate, taken, left } = transferRecipe(here.model, space, recipe)
      const begun = evaluationsTo(problem, objective[0], { ...request, start: candidate })
      const start = new Float64Array(1)
      const violation = problem.evaluate(candidate, start)
      const ways = taken.map(({ by }) => by)
      row[name] = {
        ...byShare(begun, (counts, s) => ({
          ...spreadOf(counts),
          timesFewer: round(median(plain[s]) / median(counts), 3),
          seedsSooner: seeds.filter((_, i) => counts[i] < plain[s][i]).length,
        })),
        start: {
          latencyMs: round(table.score(candidate).latencyMs),
          loss: round(start[0]),
          exceedsBy: round(violation),
        },
        taken: Object.fromEntries([...new Set(ways)].map((way) => [way, ways.filter((each) => each === way).length])),
        left: left.length,
      }
    }
    console.log(basename(file), JSON.stringify(row))
    rows.push(row)
  }
  return { model: basename(file), candidates: String(space.size), rows }
}

const otherThan = (text) => budgetTexts[(budgetTexts.indexOf(text) + 1) % budgetTexts.length]

const from = await opened(source)
const recipes = {}
for (const text of budgetTexts) {
  const { outcome } = await bestWithin(from, text)
  recipes[text] = { ...recipeOf(from.opened.space, outcome.best.candidate), origin: originOf(from.model) }
}
const results = []
for (const file of models) results.push(await transferTo(file, recipes))
writeFileSync(
  new URL('results/transfer.json', import.meta.url),
  `${JSON.stringify({ machine: machine(), target: target.name, source: basename(source), seeds: seeds.length, limit, results }, null, 2)}\n`,
)
