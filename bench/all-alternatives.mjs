// Every block of MobileNetV2 fused by itself, refitted to calibration images and measured on others, as `optimize advise` does it:
// seconds in all and for each, on the clock and of processors, and the memory of the process with all that it starts. The limits
// are those the project set itself.
// Usage: node bench/all-alternatives.mjs SHARED_DIR [blocks, as 0,5]. Needs dist/. The run over all blocks is written to
// bench/results/all-alternatives.json as blocks are done.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPreprocess } from '../dist/accuracy/input/preprocess.js'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { selectSamples } from '../dist/accuracy/select-samples.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { findBlocks } from '../dist/passes/architecture/find-blocks.js'
import { cleanUp } from '../dist/search/clean-up.js'
import { FidelityEvaluator } from '../dist/search/evaluator.js'
import { FidelityCache } from '../dist/tune/fidelity-cache.js'
import { FidelityTable } from '../dist/tune/fidelity-table.js'
import { principalStreams } from '../dist/tune/principal-streams.js'
import { loadTuner } from '../dist/tune/tuners.js'
import { passContext } from '../dist/zoo/pass-context.js'
import { machine } from './machine.mjs'
import { usageOf, watchResident } from './resident.mjs'

const [shared, only] = process.argv.slice(2)
const results = fileURLToPath(new URL('./results/all-alternatives.json', import.meta.url))
const limits = { minutes: 25, gigabytes: 3 }
/** Images that fidelity is measured on; none of them is a calibration image. */
const measured = 64
const options = { threads: 2 }

/** In a process of its own: says what it does as it does it. */
async function fitAll() {
  const model = await readModel(join(shared, 'models/mobilenetv2_1.0_224.onnx'))
  await cleanUp(model, passContext(model, loadTarget('neural-engine'), { mayTrade: false }))
  const images = (set) =>
    openDataSet({ data: join(shared, 'data/imagenet', set), preprocess: readPreprocess('tensorflow'), model })
  const [calibration, test] = [await images('calibration'), await images('test')]
  const teacher = await principalStreams(model, calibration, options)
  const cache = mkdtempSync(join(tmpdir(), 'all-alternatives-'))
  const table = new FidelityTable({
    teacher,
    calibration,
    heldOut: selectSamples(
      test,
      Array.from({ length: measured }, (_, i) => i),
    ),
    metric: undefined,
    tuner: await loadTuner('closed-form'),
    cache: new FidelityCache(cache),
    key: 'all alternatives',
    options,
  })
  const evaluator = new FidelityEvaluator(teacher, table)
  const indexes = findBlocks(teacher).flatMap(({ index }) => index ?? [])
  const blocks = only === undefined ? indexes : only.split(',').map(Number)
  process.send({ calibration: calibration.count, blocks: indexes.length })
  try {
    for (const block of blocks) {
      const decision = { kind: 'block', block, alternative: 'fused' }
      const { fidelity } = await evaluator.evaluate({ recipeVersion: 1, decisions: [decision] })
      process.send({ block, noise: fidelity.noise[0].nsr, kl: fidelity.kl, cosine: fidelity.cosine })
    }
  } finally {
    await table.close()
    rmSync(cache, { recursive: true, force: true })
  }
  process.disconnect()
}

const rounded = (value, digits) => Number(value.toFixed(digits))

async function measure() {
  const started = performance.now()
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env: { ...process.env, FIT_ALL: '1' } })
  const resident = watchResident(child.pid)
  let [last, peak, spent] = [started, 0, 0]
  let about
  const alternatives = []
  /** What is known so far. */
  const write = () => {
    const minutes = rounded((performance.now() - started) / 60_000, 1)
    const gigabytes = rounded(peak / 1e9, 2)
    const figures = { minutes, cpuMinutes: rounded(spent / 60, 1), gigabytes, limits }
    const record = { machine: machine(), threads: options.threads, ...about, measured, ...figures, alternatives }
    if (only === undefined) writeFileSync(results, `${JSON.stringify(record, null, 2)}\n`)
    return figures
  }
  child.on('message', ({ block, ...found }) => {
    const now = performance.now()
    const seconds = rounded((now - last) / 1000, 1)
    const { cpuSeconds } = usageOf(child.pid)
    const cpu = rounded(cpuSeconds - spent, 1)
    spent = cpuSeconds
    const bytes = resident.take()
    const megabytes = Math.round(bytes / 1e6)
    peak = Math.max(peak, bytes)
    last = now
    if (block === undefined) about = { ...found, preparingSeconds: seconds, preparingCpuSeconds: cpu }
    else {
      const [noise, kl, cosine] = [found.noise, found.kl, found.cosine].map((value) => rounded(value, 5))
      alternatives.push({ block, seconds, cpuSeconds: cpu, megabytes, noise, kl, cosine })
    }
    console.log(
      block === undefined
        ? `ready: ${seconds} s`
        : `block ${block}: ${seconds} s (${cpu} of processors), ${megabytes} MB`,
    )
    write()
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  peak = Math.max(peak, resident.stop())
  if (code !== 0) throw new Error(`exit code ${code}`)
  const { minutes, gigabytes } = write()
  const isWithin = minutes <= limits.minutes && gigabytes <= limits.gigabytes
  console.log(`${minutes} minutes, ${gigabytes} GB: ${isWithin ? 'within' : 'beyond'} the limits`)
}

await (process.env.FIT_ALL === undefined ? measure() : fitAll())
