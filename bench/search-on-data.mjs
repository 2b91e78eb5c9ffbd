// What a search on data finds, with nothing but the model, the target and samples: widths alone, forms of blocks alone, and both, for
// nets with data of their own; latency as estimated, the metric on test data that neither the search nor the fit has seen, time and
// memory of the whole command. Every run starts from an empty cache. And of the segmentation net five candidates on a front, each
// with a budget of latency; these go on from one another's measurements.
// Usage: node bench/search-on-data.mjs SHARED_DIR [part of a case's name] [flags for optimize]. Needs dist/. Cases are added to
// bench/results/search-on-data.json as they are done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addCase } from './case-results.mjs'
import { decisionText, judgedEntry, rounded } from './decision-text.mjs'
import { netsIn } from './nets.mjs'
import { runOptimize } from './run-optimize.mjs'

const [shared, only = '', ...flags] = process.argv.slice(2)
const results = fileURLToPath(new URL('./results/search-on-data.json', import.meta.url))
const nets = netsIn(shared)

const cases = [
  ...['shapes_ibn', 'cifar_ibn', 'camvid_seg', 'person_det', 'mobilenetv2'].flatMap((net) =>
    ['widths', 'blocks', 'widths,blocks'].map((space) => ({ net, space, budget: undefined })),
  ),
  ...[90, 80, 70, 60, 50].map((percent) => ({
    net: 'camvid_seg',
    space: 'widths,blocks',
    budget: `latency=${percent}%`,
  })),
]
const keyOf = ({ net, space, budget }) => [net, space, ...(budget === undefined ? [] : [budget])].join(' ')

const folder = mkdtempSync(join(tmpdir(), 'search-on-data-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

function search({ file, data }, space, budget) {
  const cache = budget === undefined ? mkdtempSync(join(folder, 'cache-')) : join(folder, 'front')
  const limit = budget === undefined ? [] : ['--budget', budget]
  const args = ['--search', 'auto', '--space', space, ...limit, '--cache', cache, '--quiet', '--best-effort']
  return runOptimize(join(shared, file), [...data, ...args, ...flags], folder)
}

for (const { net, space, budget } of cases.filter((each) => keyOf(each).includes(only))) {
  const { report, seconds, peakBytes } = await search(nets[net], space, budget)
  const { before, after } = report.accuracy
  const entry = {
    net,
    space,
    ...(budget !== undefined && { budget }),
    flags,
    ...judgedEntry(report.accuracy),
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
    `${keyOf(entry)}: ${percent(entry.latencyChange)} latency, ${percent(before)} to ${percent(after)}, ${entry.seconds} s`,
  )
}
