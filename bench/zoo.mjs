// A zoo of many small models: what a job costs beyond the model's own time, the memory of the parent, and how long resuming
// the finished run takes. With a folder: its models as a zoo with one job and with two.
// Usage: node bench/zoo.mjs MODELS [FOLDER]. Writes bench/results/zoo.json. Needs dist/.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeModel } from '../dist/export/write-model.js'
import { buildModel } from '../dist/ir/build.js'
import { Tensor } from '../dist/ir/tensor.js'
import { machine } from './machine.mjs'

const [models = '2000', folder] = process.argv.slice(2)
const here = fileURLToPath(new URL('.', import.meta.url))
const main = join(here, '../dist/cli/main.js')
const file = join(here, 'results/zoo.json')

/** Two layers with a bias to fold and an Identity to remove; no two models are the same. */
const smallModel = (index) =>
  buildModel((g) => {
    const values = (count, phase) => Array.from({ length: count }, (_, i) => Math.sin(i * 7 + phase + index))
    const x = g.input('x', 'float32', ['n', 16])
    const w = g.constant(Tensor.float32(values(256, 0), [16, 16]), 'w')
    const b = g.constant(Tensor.float32(values(16, 1)), 'b')
    const v = g.constant(Tensor.float32(values(48, 2), [16, 3]), 'v')
    const hidden = g.op('Relu', [g.op('Identity', [g.op('Add', [g.op('MatMul', [x, w]), b])])])
    g.output(g.op('MatMul', [hidden, v]), 'y')
  })

/** Runs the program; seconds on the clock, and resident bytes of its own process after each of ten parts of the run. */
function zoo(total, ...args) {
  return watched(total, process.execPath, [main, 'zoo', ...args])
}

async function watched(total, program, args) {
  const start = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const memory = []
  let done = 0
  let noise = ''
  child.stderr.on('data', (chunk) => {
    noise = (noise + chunk).slice(-2000)
    const before = Math.floor((10 * done) / total)
    done += String(chunk).split('\n').length - 1
    if (Math.floor((10 * done) / total) > before) memory.push(residentBytes(child.pid))
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  if (code !== 0 && code !== 6) throw new Error(`code ${code}: ${noise}`)
  return { seconds: (performance.now() - start) / 1000, memory: memory.filter((bytes) => bytes > 0) }
}

function residentBytes(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

const summaryIn = (out) => JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))

/** Beyond the models' own time: what the jobs had of the clock, less what the reports say that models took. */
const overheadMs = (seconds, jobs, { totals }) =>
  ((seconds * jobs - totals.seconds) / (totals.done + totals.failed)) * 1000

async function manySmall(count) {
  const [place, out] = [mkdtempSync(join(tmpdir(), 'zoo-')), mkdtempSync(join(tmpdir(), 'zoo-out-'))]
  for (let i = 0; i < count; i++) await writeModel(smallModel(i), join(place, `net-${String(i).padStart(5, '0')}.onnx`))
  const first = await zoo(count, place, '--out', out, '--jobs', '1')
  const summary = summaryIn(out)
  if (summary.totals.done !== count) throw new Error(`${summary.totals.failed} of ${count} failed`)
  const again = await zoo(count, place, '--out', out, '--jobs', '1')
  const row = {
    models: count,
    jobs: 1,
    seconds: first.seconds,
    modelSeconds: summary.totals.seconds,
    overheadMsPerJob: overheadMs(first.seconds, 1, summary),
    parentMiB: first.memory.map((bytes) => Math.round(bytes / 2 ** 20)),
    resumeSeconds: again.seconds,
  }
  for (const path of [place, out]) rmSync(path, { recursive: true })
  return row
}

/** One job has the engine's helper threads on the other core: what it does with one core alone is measured too. */
async function oneAndTwoJobs(path) {
  const rows = []
  const runs = [
    { jobs: 1, cores: 2 },
    { jobs: 2, cores: 2 },
    { jobs: 1, cores: 1 },
  ]
  for (const { jobs, cores } of [...runs, ...runs.toReversed()]) {
    const out = mkdtempSync(join(tmpdir(), 'zoo-out-'))
    const args = [main, 'zoo', path, '--out', out, '--jobs', String(jobs), '--threads', '1']
    const pinned = ['-c', Array.from({ length: cores }, (_, i) => i).join(','), process.execPath, ...args]
    const { seconds } = await watched(1, 'taskset', pinned)
    const { totals, failed } = summaryIn(out)
    rows.push({
      ...totals,
      jobs,
      cores,
      seconds,
      modelSeconds: totals.seconds,
      named: failed.map(({ name, kind }) => ({ name, kind })),
    })
    rmSync(out, { recursive: true })
  }
  const fastest = (jobs, cores) =>
    Math.min(...rows.filter((row) => row.jobs === jobs && row.cores === cores).map(({ seconds }) => seconds))
  const two = fastest(2, 2)
  return { speedup: fastest(1, 2) / two, speedupOverOneCore: fastest(1, 1) / two, runs: rows }
}

const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
if (Number(models) > 0) results.small = { machine: machine(), ...(await manySmall(Number(models))) }
if (folder !== undefined) results.folder = { machine: machine(), ...(await oneAndTwoJobs(folder)) }
console.log(JSON.stringify(results, null, 2))
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
