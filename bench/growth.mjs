// Whether wider groups that cost nothing help a refit: single rewrites of a net with uneven widths, alone and with every group around
// widened that costs no latency (channels split, function unchanged), refitted with all effort; loss of the outputs on images that no
// fit has seen.
// Usage: node bench/growth.mjs SHARED_DIR [how many rewrites]. Needs dist/. Writes bench/results/growth.json as figures come.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { noPreprocess } from '../dist/accuracy/input/preprocess.js'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { selectSamples } from '../dist/accuracy/select-samples.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { isDeclined } from '../dist/passes/architecture/declined.js'
import { applyDecisions } from '../dist/passes/architecture/recipe.js'
import { lossIn } from '../dist/search/auto/measured.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { openSpace } from '../dist/search/open-space.js'
import { recipeOf } from '../dist/search/space/candidate-recipe.js'
import { channelScorer } from '../dist/tune/channel-scorers.js'
import { efforts } from '../dist/tune/effort.js'
import { openFidelityTable } from '../dist/zoo/open-fidelity-table.js'
import { passContext } from '../dist/zoo/pass-context.js'
import { searchSamples } from '../dist/zoo/search-samples.js'
import { addCase } from './case-results.mjs'
import { decisionText } from './decision-text.mjs'
import { netsIn } from './nets.mjs'

const [shared, count = '10'] = parseArgs({ allowPositionals: true }).positionals
const results = fileURLToPath(new URL('./results/growth.json', import.meta.url))
const images = 2000
const net = 'cifar_dw'
const target = loadTarget('neural-engine')
const { file, data } = netsIn(shared)[net]
const flag = (name) => data[data.indexOf(name) + 1]

const model = await readModel(join(shared, file))
await cleanUp(model, passContext(model, target, { mayTrade: false }))
const curated = { parts: ['widths', 'blocks'], widths: { kind: 'curated', levels: 8 } }
const { space, table } = await openSpace(model, target, curated)
const latencyOf = (candidate) => table.score(candidate).latencyMs
const originalMs = latencyOf(space.original)

const set = await openDataSet({ data: flag('--data'), labels: flag('--labels'), preprocess: noPreprocess, model })
const samples = await searchSamples(selectSamples(set, [...Array(images).keys()]), 0)
const cache = mkdtempSync(join(tmpdir(), 'growth-'))
process.on('exit', () => rmSync(cache, { recursive: true, force: true }))
const options = {
  tune: 'closed-form',
  channelScores: 'refit',
  cache,
  tool: { name: 'bench', version: '0' },
  threads: 1,
}
const fidelity = await openFidelityTable(
  { teacher: model, digest: net, target: target.name },
  { calibration: samples.full, heldOut: samples.measured, effort: efforts.full },
  options,
)
const single = space.choices.flatMap((choice, i) =>
  choice.kind === 'width'
    ? choice.keep > 1
      ? [[i, choice.keep >> 1]]
      : []
    : choice.decisions.flatMap((decision, option) => (decision === undefined ? [] : [[i, option]])),
)
const rewrites = single
  .map(([i, option]) => ({ i, candidate: space.with(space.original, i, option) }))
  .filter(({ candidate }) => latencyOf(candidate) < originalMs)
  .sort((a, b) => latencyOf(a.candidate) - latencyOf(b.candidate))
  .slice(0, Number(count))
const wider = space.choices.flatMap((choice, i) =>
  choice.kind === 'width' && choice.sizes.length > choice.keep + 1 ? [[i, choice.sizes.length - 1]] : [],
)
const scores = await channelScorer('refit', {
  original: model,
  decisions: rewrites.flatMap(({ candidate }) => recipeOf(space, candidate).decisions),
  data: samples.brief,
  options,
})

async function measured(candidate) {
  const result = applyDecisions(model, recipeOf(space, candidate).decisions, { scores })
  if (isDeclined(result)) throw new Error(`${result.reason}: ${result.place}`)
  const { expectedDrop, ...found } = await fidelity.of(result)
  return { loss: lossIn({ ...found, expectedDrop }), expectedDrop }
}

/** All groups wider that cost nothing, the one that is rewritten aside. */
function grownFrom({ i, candidate }) {
  const most = latencyOf(candidate) * (1 + 1e-9)
  return wider.reduce((grown, [group, option]) => {
    const next = space.with(grown, group, option)
    return group !== i && next[group] === option && latencyOf(next) <= most ? next : grown
  }, candidate)
}

const keyOf = ({ rewrite }) => rewrite
const order = rewrites.map(({ candidate }) => recipeOf(space, candidate).decisions.map(decisionText).join())
for (const [at, rewrite] of rewrites.entries()) {
  const grown = grownFrom(rewrite)
  const own = recipeOf(space, rewrite.candidate).decisions.map(decisionText)
  const added = recipeOf(space, grown).decisions.map(decisionText)
  const entry = {
    net,
    rewrite: order[at],
    latencyChange: latencyOf(rewrite.candidate) / originalMs - 1,
    alone: await measured(rewrite.candidate),
    widened: added.filter((text) => !own.includes(text)),
    grown: await measured(grown),
  }
  addCase(results, entry, keyOf, order)
  console.log(JSON.stringify(entry))
}
await fidelity.close()
process.exit(0)
