// onnxruntime CPU latency of original and emitted model, one thread, the two taking turns in one process, the runtime's own
// optimizations on. Usage: node bench/latency.mjs FOLDER [runs]. Writes bench/results/latency.json. Needs dist/.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { attemptCount, generateFeeds } from '../dist/runtime/feeds.js'
import { isFailure, Runtime, sharedRuntime } from '../dist/runtime/session.js'
import { optimizeFile } from '../dist/zoo/job.js'
import { machine } from './machine.mjs'

const [folder, runs = '40'] = process.argv.slice(2)
const here = fileURLToPath(new URL('.', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'latency-'))
const target = loadTarget('cpu')
const tool = { name: 'bench', version: '0' }
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]

const rows = []
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .sort()) {
  const model = join(folder, name)
  const emitted = join(out, name)
  await optimizeFile(model, { out: emitted, target, verify: false, tool })
  const runtime = new Runtime({ allowUnreleasedOpsets: true })
  const [a, b] = [
    await runtime.load({ path: model }, { optimization: 'all' }),
    await runtime.load({ path: emitted }, { optimization: 'all' }),
  ]
  if (isFailure(a) || isFailure(b)) {
    rows.push({ model: name, reason: (isFailure(a) ? a : b).message.replaceAll(folder, '') })
    runtime.close()
    continue
  }
  const ir = await readModel(model)
  for (let attempt = 0; attempt < attemptCount; attempt++) {
    const feeds = generateFeeds(ir, { seed: 1, attempt })
    if ('reason' in feeds || isFailure(await runtime.run(a, feeds))) continue
    const samples = await runtime.time(
      [
        { session: a, feeds },
        { session: b, feeds },
      ],
      { warmUp: 5, runs: Number(runs) },
    )
    if (isFailure(samples)) break
    const ratios = samples[0].map((before, i) => samples[1][i] / before)
    rows.push({ model: name, beforeMs: median(samples[0]), afterMs: median(samples[1]), ratio: median(ratios) })
    break
  }
  runtime.close()
  const row = rows.at(-1)
  console.log(
    name.padEnd(36),
    row.ratio === undefined
      ? row.reason
      : `${row.beforeMs.toFixed(3)} -> ${row.afterMs.toFixed(3)} ms, x ${row.ratio.toFixed(3)}`,
  )
}
sharedRuntime().close()
rmSync(out, { recursive: true })
const measured = rows.filter(({ ratio }) => ratio !== undefined)
const worst = Math.max(...measured.map(({ ratio }) => ratio))
const geometricMean = Math.exp(measured.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / measured.length)
console.log(`${measured.length} models: geometric mean x ${geometricMean.toFixed(3)}, worst x ${worst.toFixed(3)}`)
writeFileSync(
  join(here, 'results/latency.json'),
  `${JSON.stringify({ machine: machine(), runs: Number(runs), target: 'cpu', geometricMean, worst, rows }, null, 2)}\n`,
)
