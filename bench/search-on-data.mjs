// What a search on data finds, with nothing but the model, the target and samples: widths alone, forms of blocks alone, and both, for
// nets with data of their own; latency as estimated, the metric on test data that neither the search nor the fit has seen, time and
// memory of the whole command. Every run starts from an empty cache.
// Usage: node bench/search-on-data.mjs SHARED_DIR [part of a case's name] [flags for optimize]. Needs dist/. Cases are added to
// bench/results/search-on-data.json as they are done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addCase } from './case-results.mjs'
import { decisionText, rounded } from './decision-text.mjs'
import { netsIn } from './nets.mjs'
import { runOptimize } from './run-optimize.mjs'

const [shared, only = '', ...flags] = process.argv.slice(2)
const results = fileURLToPath(new URL('./results/search-on-data.json', import.meta.url))
const nets = netsIn(shared)

const cases = ['shapes_ibn', 'cifar_ibn', 'camvid_seg', 'person_det', 'mobilenetv2'].flatMap((net) =>
  ['widths', 'blocks', 'widths,blocks'].map((space) => ({ net, space, name: `${net} ${space}` })),
)

const folder = mkdtempSync(join(tmpdir(), 'search-on-data-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** One run from an empty cache. */
function search({ file, data }, space) {
  const cache = mkdtempSync(join(folder, 'cache-'))
  const args = ['--search', 'auto', '--space', space, '--threads', '2', '--cache', cache, '--quiet', '--best-effort']
  return runOptimize(join(shared, file), [...data, ...args, ...flags], folder)
}

const keyOf = ({ net, space }) => `${net} ${space}`

for (const { net, space, name } of cases.filter(({ name }) => name.includes(only))) {
  const { report, seconds, peakBytes } = await search(nets[net], space)
  const { metric, before, after, drop, dropInterval, samples, gate } = report.accuracy
  const entry = {
    net,
    space,
    flags,
    metric,
    samples,
    before: rounded(before),
    after: rounded(after),
    drop: rounded(drop),
    dropInterval: dropInterval.map((bound) => rounded(bound)),
    gate: gate.verdict,
    latencyChange: rounded(report.after.latencyMs / report.before.latencyMs - 1),
    parameterChange: rounded(report.after.parameters / report.before.parameters - 1),
    peakActivationChange: rounded(report.after.peakActivationBytes / report.before.peakActivationBytes - 1),
    built: report.search.evaluations,
    decisions: report.decisions.map(({ decision }) => decisionText(decision)),
    seconds: rounded(seconds, 1),
    peakMegabytes: Math.round(peakBytes / 1e6),
  }
  addCase(results, entry, keyOf, cases.map(keyOf))
  const percent = (value) => `${(100 * value).toFixed(2)} %`
  console.log(
    `${name}: ${percent(entry.latencyChange)} latency, ${percent(before)} to ${percent(after)}, ${entry.seconds} s`,
  )
}
