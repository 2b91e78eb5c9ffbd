// Fuzzes the importer of the built package: mutated files must be accepted or refused with a UserError, within 5 seconds
// and bounded memory. What is accepted must verify, and survive export and a second import.
//
// node bench/fuzz-import.mjs [count] [first seed]; writes bench/results/fuzz-import.json
import { fork } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { mutateBytes, mutateFields, seededRandom } from './mutations.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = process.env.ONNX_TAILOR_DIST ?? join(root, 'dist')
const shared = process.env.ONNX_TAILOR_SHARED ?? join(root, '../shared')
/** Milliseconds without an answer that count as a hang. */
const timeLimit = 5000
/** Larger files would make the run long without trying more. */
const largestSource = 20_000

/** Paths of the files to mutate: fixtures, and public models, official cases and malformed files where present. */
function sourceFiles() {
  const files = []
  const walk = (folder) => {
    if (!existsSync(folder)) return
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name)
      if (statSync(path).isDirectory()) walk(path)
      else if (/\.onnx(\.gz)?$/.test(name) && statSync(path).size <= largestSource) files.push(path)
    }
  }
  walk(join(root, 'fixtures'))
  walk(join(shared, 'models'))
  walk(join(shared, 'conformance'))
  for (const name of readdirSync(tmpdir()).sort()) if (/^onnx-tailor-cases-\d+$/.test(name)) walk(join(tmpdir(), name))
  return files
}

const load = (path) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path))
const moduleOf = (path) => import(pathToFileURL(join(dist, path)).href)

async function work(first, end, folder) {
  const [{ modelFromBytes }, { toProto }, codec, { longOf }, { UserError }, { verifyGraph }] = await Promise.all(
    [
      'import/read-model.js',
      'export/to-proto.js',
      'onnx/codec.js',
      'onnx/int64.js',
      'ir/errors.js',
      'ir/verify.js',
    ].map(moduleOf),
  )
  const tools = { ...codec, longOf }
  const sources = sourceFiles().map(load)

  const verdict = (bytes) => {
    let model
    try {
      model = modelFromBytes(bytes, { file: join(folder, 'm.onnx') })
    } catch (error) {
      if (error instanceof UserError && !/\n/.test(error.line())) return 'rejected'
      throw error
    }
    const problems = verifyGraph(model)
    if (problems.length > 0) throw new Error(`accepted, yet ${problems[0]}`)
    for (const value of model.graph.initializers) {
      if (value.tensor.dtype !== 'string' && value.tensor.byteLength < 1e6) value.tensor.bytes()
    }
    modelFromBytes(Buffer.concat(codec.encodeModel(toProto(model))), { file: join(folder, 'm.onnx') })
    return 'accepted'
  }

  for (let seed = first; seed < end; seed++) {
    process.send({ seed, state: 'started' })
    const random = seededRandom(seed)
    const source = sources[Math.floor(random() * sources.length)]
    let kind = random() < 0.5 ? 'fields' : 'bytes'
    let bytes
    try {
      bytes = kind === 'fields' ? mutateFields(source, random, tools) : mutateBytes(source, random)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      // Some of the malformed files cannot even be decoded: their bytes can be changed.
      kind = 'bytes'
      bytes = mutateBytes(source, random)
    }
    let state
    let stack
    try {
      state = verdict(bytes)
    } catch (error) {
      state = 'crashed'
      stack = String(error.stack)
    }
    process.send({ seed, kind, state, stack, rss: process.memoryUsage.rss() })
  }
  process.disconnect()
}

async function main(count, firstSeed) {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-tailor-fuzz-'))
  const data = join(shared, 'conformance/bad/ext_data.bin')
  writeFileSync(join(folder, 'ext_data.bin'), existsSync(data) ? readFileSync(data) : Buffer.alloc(64))
  const counts = { bytes: { accepted: 0, rejected: 0 }, fields: { accepted: 0, rejected: 0 }, crashed: 0, hung: 0 }
  const failures = []
  let peakRss = 0
  let slowestMs = 0
  const started = performance.now()

  const runRange = (first, end) =>
    new Promise((resolve, reject) => {
      if (first >= end) return resolve()
      const child = fork(fileURLToPath(import.meta.url), ['--work', first, end, folder], {
        execArgv: ['--max-old-space-size=512'],
      })
      let seed = first
      let since = performance.now()
      let isHung = false
      let hasStarted = false
      const timer = setInterval(() => {
        if (performance.now() - since < timeLimit) return
        isHung = true
        child.kill('SIGKILL')
      }, 500)
      child.on('message', (message) => {
        if (message.state === 'started') {
          hasStarted = true
          seed = message.seed
          since = performance.now()
          return
        }
        slowestMs = Math.max(slowestMs, performance.now() - since)
        peakRss = Math.max(peakRss, message.rss)
        if (message.state === 'crashed') {
          counts.crashed += 1
          failures.push({ seed, stack: message.stack })
        } else counts[message.kind][message.state] += 1
        seed = message.seed + 1
      })
      child.on('exit', () => {
        clearInterval(timer)
        if (seed >= end) return resolve()
        if (!hasStarted) return reject(new Error('the worker does not start: run `npm run build` first'))
        // It died over a file: note it, and go on behind it.
        if (isHung) counts.hung += 1
        else counts.crashed += 1
        failures.push({ seed, stack: isHung ? 'no answer in time' : 'the process ended' })
        resolve(runRange(seed + 1, end))
      })
    })

  const workers = availableParallelism()
  const share = Math.ceil(count / workers)
  const starts = Array.from({ length: workers }, (_, i) => firstSeed + i * share)
  await Promise.all(starts.map((first) => runRange(first, Math.min(first + share, firstSeed + count))))
  rmSync(folder, { recursive: true, force: true })

  const result = {
    files: count,
    sources: sourceFiles().length,
    firstSeed,
    ...counts,
    failures: failures.slice(0, 20),
    peakRssMb: Math.round(peakRss / 2 ** 20),
    slowestMs: Math.round(slowestMs),
    seconds: Math.round((performance.now() - started) / 1000),
    machine: { cpu: cpus()[0]?.model ?? '', processors: workers, node: process.version },
  }
  mkdirSync(join(root, 'bench/results'), { recursive: true })
  writeFileSync(join(root, 'bench/results/fuzz-import.json'), `${JSON.stringify(result, null, 2)}\n`)
  console.log(JSON.stringify(result, null, 2))
  if (counts.crashed + counts.hung > 0) process.exitCode = 1
}

const [first, ...rest] = process.argv.slice(2)
if (first === '--work') await work(Number(rest[0]), Number(rest[1]), rest[2])
else await main(Number(first ?? 20_000), Number(rest[0] ?? 1))
