// Searches by estimates for the CPU that this runs on and for an accelerator, with the same budget: what each decides, what the
// estimator says that both results gain on the CPU, and what they gain there when onnxruntime runs them (one thread, all graph
// optimizations; the three models take turns, medians of rounds). Needs a quiet core.
// Usage: node bench/search-cpu.mjs SHARED_DIR [part of a net's name]. Needs dist/. Cases are added to bench/results/search-cpu.json as
// they are done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { estimateFile } from '../dist/estimator/estimate-file.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { generateFeeds } from '../dist/runtime/feeds.js'
import { isFailure, Runtime } from '../dist/runtime/session.js'
import { addCase } from './case-results.mjs'
import { decisionText, rounded } from './decision-text.mjs'
import { runOptimize } from './run-optimize.mjs'

const [shared, only = ''] = process.argv.slice(2)
const results = fileURLToPath(new URL('./results/search-cpu.json', import.meta.url))
const [rounds, runs, warmUp] = [15, 20, 5]
const budget = 'latency=70%'

const nets = [
  'trained/shapes/shapes_ibn',
  'trained/cifar_ibn',
  'trained/cifar_dw',
  'trained/camvid_seg',
  'trained/person_det',
  'models/mobilenetv1_0.25_128',
  'models/mobilenetv2_1.0_224',
  'models/yunet_120x160',
  'models/ultraface_rfb_320',
  'models/yolox_nano',
]

const folder = mkdtempSync(join(tmpdir(), 'search-cpu-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const median = (values) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** What a search for the target decides, and the file it writes. */
async function searched(file, target) {
  const out = mkdtempSync(join(folder, 'out-'))
  const search = ['--search', 'evolution', '--budget', budget, '--evaluations', '20000', '--seed', '1']
  const flags = [...search, '--target', target, '--no-verify', '--best-effort', '--quiet']
  const { report } = await runOptimize(file, flags, out)
  return { path: join(out, 'out.onnx'), decisions: report.decisions.map(({ decision }) => decisionText(decision)) }
}

/** Medians of every round, in milliseconds, of models that take turns. */
async function timed(paths) {
  const runtime = new Runtime()
  try {
    const sessions = []
    for (const path of paths) {
      const session = await runtime.load({ path }, { optimization: 'all', threads: 1 })
      if (isFailure(session)) throw new Error(`${path}: ${session.message}`)
      const feeds = generateFeeds(await readModel(path), { seed: 1, attempt: 0 })
      if ('reason' in feeds) throw new Error(`${path}: ${feeds.reason}`)
      sessions.push({ session, feeds })
    }
    const medians = paths.map(() => [])
    for (let round = 0; round < rounds; round++) {
      const samples = await runtime.time(sessions, { warmUp, runs })
      if (isFailure(samples)) throw new Error(samples.message)
      for (const [i, each] of samples.entries()) medians[i].push(median(each))
    }
    return medians
  } finally {
    runtime.close()
  }
}

const cpu = loadTarget('cpu')

for (const net of nets.filter((name) => name.includes(only))) {
  const file = join(shared, `${net}.onnx`)
  const found = { cpu: await searched(file, 'cpu'), 'neural-engine': await searched(file, 'neural-engine') }
  const paths = [file, ...Object.values(found).map(({ path }) => path)]
  const predicted = []
  for (const path of paths) predicted.push((await estimateFile(await readModel(path), path, cpu, {})).latencyMs)
  const medians = await timed(paths)
  const measured = medians.map(median)
  const gains = Object.entries(found).map(([target, { decisions }], k) => {
    // Of a round, so that drift hits both alike.
    const ratios = medians[0].map((before, round) => medians[k + 1][round] / before)
    const spread = ratios.map((ratio) => Math.abs(ratio - median(ratios)))
    const [measuredChange, predictedChange] = [median(ratios) - 1, predicted[k + 1] / predicted[0] - 1]
    return {
      searchedFor: target,
      decisions,
      predictedChange: rounded(predictedChange),
      measuredChange: rounded(measuredChange),
      noise: rounded(median(spread) * 1.4826),
      points: rounded(100 * (predictedChange - measuredChange), 1),
    }
  })
  const own = gains[0].decisions.filter((text) => !gains[1].decisions.includes(text)).length
  const entry = {
    net,
    budget,
    measuredMs: rounded(measured[0]),
    predictedMs: rounded(predicted[0]),
    decisionsOfCpuAlone: own,
    gains,
  }
  addCase(results, entry, (each) => each.net, nets)
  const percent = (value) => `${(100 * value).toFixed(1)} %`
  for (const { searchedFor, predictedChange, measuredChange, noise, decisions } of gains)
    console.log(
      `${net} searched for ${searchedFor} (${decisions.length} decisions): predicted ${percent(predictedChange)}, measured ${percent(measuredChange)} (noise ${percent(noise)})`,
    )
}
