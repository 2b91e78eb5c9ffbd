// What the searches that build candidates find in the same time: the latency that is reached (as estimated), the metric on test data
// that neither the search nor the fit has seen, and the seconds of processors that it took, which say more than those on the clock
// where others use the machine too. Every run starts from an empty cache.
// Usage: node bench/building-searches.mjs SHARED_DIR [part of a case's name]. Needs dist/. Cases are added to
// bench/results/building-searches.json as they are done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addCase } from './case-results.mjs'
import { judgedEntry, rounded } from './decision-text.mjs'
import { netsIn } from './nets.mjs'
import { runOptimize } from './run-optimize.mjs'

const [shared, only = ''] = process.argv.slice(2)
const results = fileURLToPath(new URL('./results/building-searches.json', import.meta.url))
const nets = netsIn(shared)

/** Evaluations by algorithm that take about the same time: a sub-network costs a fraction of a fit. */
const sizes = [
  { size: 'small', evaluations: { auto: 24, supernet: 36, 'multi-shot': 24 } },
  { size: 'usual', evaluations: { auto: 60, supernet: 90, 'multi-shot': 60 } },
]

const cases = ['shapes_ibn', 'cifar_ibn'].flatMap((net) =>
  sizes.flatMap(({ size, evaluations }) =>
    Object.entries(evaluations).map(([search, count]) => ({
      net,
      size,
      search,
      evaluations: count,
      name: `${net} ${size} ${search}`,
    })),
  ),
)
const keyOf = ({ net, size, search }) => `${net} ${size} ${search}`

const folder = mkdtempSync(join(tmpdir(), 'building-searches-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

for (const { net, size, search, evaluations, name } of cases.filter((each) => each.name.includes(only))) {
  const { file, data } = nets[net]
  const cache = mkdtempSync(join(folder, 'cache-'))
  const args = [
    '--search',
    search,
    '--evaluations',
    String(evaluations),
    '--cache',
    cache,
    '--quiet',
    '--best-effort',
    '--jobs',
    '1',
  ]
  const { report, seconds, cpuSeconds } = await runOptimize(join(shared, file), [...data, ...args], folder)
  const { before, after, gate } = report.accuracy
  const built = {}
  for (const { rung } of report.search.built) built[rung] = (built[rung] ?? 0) + 1
  const entry = {
    net,
    size,
    search,
    evaluations,
    built,
    latencyChange: rounded(report.after.latencyMs / report.before.latencyMs - 1),
    ...judgedEntry(report.accuracy),
    seconds: rounded(seconds, 1),
    processorSeconds: rounded(cpuSeconds, 1),
  }
  addCase(results, entry, keyOf, cases.map(keyOf))
  const percent = (value) => `${(100 * value).toFixed(2)} %`
  console.log(
    `${name}: ${percent(entry.latencyChange)} latency, ${percent(before)} to ${percent(after)}, ${gate.verdict},`,
    `${entry.processorSeconds} s of processors`,
  )
}
