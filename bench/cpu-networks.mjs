// Whole-network latency on this machine, predicted and measured in one run. Usage:
//   node bench/cpu-networks.mjs MODELS [--rows N] [--work FOLDER] [--ship]
// Observes what onnxruntime runs for each model of the folder (INDEX.json says with which inputs), times the networks in
// rounds (median of 30 calls after 5 warm-ups, one thread, all graph optimizations), and between the rounds fills a table
// with variants of their kernels. Rows that equal a kernel of any of the networks are taken out; operators are fitted to the
// rest. What kernels cost together is fitted to the other networks, for each network anew. Writes
// bench/results/cpu-networks.json; --ship also writes the predictor of target cpu. With --work an interrupted run goes on,
// and a finished measurement is only fitted again. Needs dist/ and a quiet core.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bindSymbols } from '../dist/cli/binding.js'
import { fitInteraction, largeFromBytes } from '../dist/estimator/fit/fit-interaction.js'
import { fitTable } from '../dist/estimator/fit/fit-table.js'
import { summarizeErrors } from '../dist/estimator/fit/statistics.js'
import { callMs, inNetworkMs, largeBytes } from '../dist/estimator/interaction.js'
import { shapeOfSpec } from '../dist/estimator/measure/kernel-model.js'
import { specOf } from '../dist/estimator/measure/kernel-spec.js'
import { measure } from '../dist/estimator/measure/measure.js'
import { addObserved, observeFile, Prior } from '../dist/estimator/measure/prior.js'
import { Predictor } from '../dist/estimator/predictor.js'
import { numberFields } from '../dist/estimator/table/fields.js'
import { ownMapping } from '../dist/estimator/table/mapping.js'
import { readTable } from '../dist/estimator/table/read-table.js'
import { toProto } from '../dist/export/to-proto.js'
import { planKernels, shapeOfNode } from '../dist/hw/kernels.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { buildModel } from '../dist/ir/build.js'
import { inferTypes } from '../dist/ir/infer.js'
import { Tensor } from '../dist/ir/tensor.js'
import { encodeModel } from '../dist/onnx/codec.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { isFailure, Runtime } from '../dist/runtime/session.js'
import { machine } from './machine.mjs'
import { modelsWithInputs } from './model-inputs.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: '9000' }, work: { type: 'string' }, ship: { type: 'boolean' } },
})
const [folder] = positionals
const rows = Number(values.rows)
const work = values.work ?? mkdtempSync(join(tmpdir(), 'cpu-networks-'))
mkdirSync(work, { recursive: true })
const [tableFile, networksFile] = [join(work, 'cpu.measurements.csv'), join(work, 'networks.json')]
const rounds = 7
const target = loadTarget('cpu')
/** A Relu of one element. */
const relu = (() => {
  const model = buildModel((g) => g.output(g.op('Relu', [g.input('x', 'float32', [1])]), 'y'))
  inferTypes(model)
  return planKernels(model, target).kernels[0].shape
})()

const measured = existsSync(networksFile) ? JSON.parse(readFileSync(networksFile, 'utf8')) : await measureAll()
await fitAll(measured)

/** Networks with the kernels onnxruntime runs for them, those of our rules, and the medians of all rounds. */
async function measureAll() {
  const runtime = new Runtime({ allowUnreleasedOpsets: true })
  const models = modelsWithInputs(folder)
  const prior = new Prior()
  const networks = []
  for (const { file, path, feeds, shapes } of models) {
    const model = await readModel(path)
    inferTypes(model)
    const sized = shapes.filter(([, dims]) => dims.length > 0)
    const symbols = bindSymbols(
      model,
      sized.map(([name, dims]) => `${name}=${dims}`),
    )
    const byRules = planKernels(model, target, { symbols }).kernels.map(({ shape, repeats }) => ({
      shape,
      runs: repeats,
    }))
    const network = { file, inputs: feeds.size, outputs: model.graph.outputs.length, byRules, medians: [] }
    networks.push(network)
    const observed = await observeFile(runtime, path, { feeds })
    if ('reason' in observed) {
      network.notObserved = observed.reason
      continue
    }
    addObserved(prior, observed, file.replace(/\.onnx$/, ''))
    network.observed = observed.nodes.map(({ node, inputs, outputs, runs }) => {
      const spec = specOf(
        node,
        (i) => inputs[i],
        (i) => outputs[i],
      )
      const shape = spec === undefined ? shapeOfNode(node, target) : shapeOfSpec(spec, target, new SeededRandom(1))
      return { shape, runs }
    })
  }
  const kernels = prior.kernels()
  console.log(`${kernels.length} different kernels in ${networks.length} networks`)
  for (let round = 1; round <= rounds; round++) {
    for (const [i, { path, feeds }] of models.entries()) {
      const session = await runtime.load({ path }, { optimization: 'all' })
      const samples = isFailure(session) ? session : await runtime.time([{ session, feeds }], { warmUp: 5, runs: 30 })
      if (isFailure(samples)) throw new Error(`${path}: ${samples.message}`)
      await runtime.release(session)
      networks[i].medians.push(samples[0].sort((a, b) => a - b)[15])
    }
    if (round < rounds) {
      const share = Math.round((rows * round) / (rounds - 1))
      const { rows: count } = await measure({ target, out: tableFile, rows: share, prior: kernels, seed: 1 })
      console.log(`round ${round} of ${rounds}: ${count} rows`)
    }
  }
  const calls = await timeCalls(runtime)
  runtime.close()
  const result = { machine: machine(), networks, calls }
  writeFileSync(networksFile, JSON.stringify(result))
  return result
}

/** Models of next to no work: what a call costs, and what arrives and leaves with it. */
async function timeCalls(runtime) {
  const calls = []
  for (const [inputs, outputs] of [
    [1, 1],
    [2, 1],
    [4, 1],
    [1, 2],
    [1, 4],
    [4, 4],
    [8, 8],
  ]) {
    const model = buildModel((g) => {
      const values = Array.from({ length: inputs }, (_, i) => g.input(`x${i}`, 'float32', [1]))
      const all = inputs === 1 ? values[0] : g.op('Sum', values)
      for (let i = 0; i < outputs; i++) g.output(g.op('Relu', [all]), `y${i}`)
    })
    const feeds = new Map(Array.from({ length: inputs }, (_, i) => [`x${i}`, Tensor.float32([1])]))
    const session = await runtime.load(
      { bytes: Buffer.concat(encodeModel(toProto(model))) },
      { optimization: 'disabled' },
    )
    const medians = []
    for (let round = 0; round < rounds; round++) {
      const [samples] = await runtime.time([{ session, feeds }], { warmUp: 5, runs: 100 })
      medians.push(samples.sort((a, b) => a - b)[50])
    }
    calls.push({ inputs, outputs, nodes: outputs + (inputs > 1 ? 1 : 0), latencyMs: medians.sort((a, b) => a - b)[1] })
  }
  return calls
}

async function fitAll({ machine: where, networks, calls: timedCalls }) {
  const table = await readTable(tableFile, ownMapping)
  const fields = numberFields.filter((field) => field !== 'latencyMs')
  // The table rounds to six digits.
  const keyOf = (shape) =>
    [shape.op, shape.precision, ...fields.map((field) => Number(shape[field].toPrecision(6)))].join(' ')
  const tested = new Set(
    networks.flatMap(({ observed = [], byRules }) => [...observed, ...byRules]).map(({ shape }) => keyOf(shape)),
  )
  // An If of our own with empty branches is no kernel of any network, though it has no sizes to tell it by.
  const training = table.rows.filter((row) => row.op === 'If' || !tested.has(keyOf(row)))
  const file = fitTable(
    { ...table, rows: training },
    { name: 'cpu', processors: 1, seed: 1, source: 'bench/cpu-networks.mjs' },
  )
  const alone = new Predictor(file)
  const quiet = networks.map(({ medians }) => [...medians].sort((a, b) => a - b).slice(0, 3))
  const timed = (kernels, { file: name, inputs, outputs }, i) => ({
    name,
    inputs,
    outputs,
    latencyMs: quiet[i][1],
    kernelMs: kernels.reduce((sum, { shape, runs }) => sum + alone.latencyMs(shape) * runs, 0),
    weightBytes: kernels.reduce((sum, { shape, runs }) => sum + shape.weightBytes * runs, 0),
    largeBytes: kernels.reduce((sum, { shape, runs }) => sum + largeBytes(shape, largeFromBytes) * runs, 0),
  })
  const reluMs = alone.latencyMs(relu)
  const calls = timedCalls.map(({ nodes, ...call }) => ({
    name: 'call',
    ...call,
    kernelMs: nodes * reluMs,
    largeBytes: 0,
    weightBytes: 0,
  }))
  const observed = networks.map((network, i) => timed(network.observed ?? network.byRules, network, i))
  const predict = (kernels, i, interaction) =>
    callMs(networks[i].inputs, networks[i].outputs, interaction) +
    kernels.reduce((sum, { shape, runs }) => sum + runs * inNetworkMs(alone.latencyMs(shape), shape, interaction), 0)
  const results = networks.map((network, i) => {
    const interaction = fitInteraction(
      observed.filter((_, k) => k !== i),
      calls,
    )
    const [low, measuredMs, high] = quiet[i]
    const predictedMs = predict(network.observed ?? network.byRules, i, interaction)
    const rulesMs = predict(network.byRules, i, interaction)
    return {
      file: network.file,
      kernels: (network.observed ?? network.byRules).reduce((sum, { runs }) => sum + runs, 0),
      measuredMs,
      repeatNoise: (high - low) / measuredMs / 2,
      predictedMs,
      error: predictedMs / measuredMs - 1,
      byRulesMs: rulesMs,
      byRulesError: rulesMs / measuredMs - 1,
      aloneMs: observed[i].kernelMs,
      kernelsFrom: network.observed === undefined ? `rules: ${network.notObserved}` : 'runtime',
    }
  })
  const summary = (key) =>
    summarizeErrors(
      results.map((result) => result[key]),
      results.map(({ measuredMs }) => measuredMs),
    )
  const noise = results.map(({ repeatNoise }) => repeatNoise).sort((a, b) => a - b)
  const report = {
    machine: where,
    runtime: 'onnxruntime-node, 1 intra-op and 1 inter-op thread, graph optimizations all',
    measured: `median of 30 calls after 5 warm-ups, ${rounds} rounds; of the three quietest rounds the middle one`,
    rows: table.rows.length,
    rowsWithoutTestedKernels: training.length,
    tableSha256: table.sha256,
    repeatNoise: { median: noise[noise.length >> 1], worst: noise.at(-1) },
    kernelsByRuntime: summary('predictedMs'),
    kernelsByRules: summary('byRulesMs'),
    kernelsAlone: summary('aloneMs'),
    operators: file.operators
      .map(({ op, kind, precision, rows: count, medianError }) => ({ op, kind, precision, rows: count, medianError }))
      .sort((a, b) => b.rows - a.rows),
    networks: results,
  }
  for (const { file: name, measuredMs, predictedMs, error, byRulesError, repeatNoise } of results) {
    const percent = (value) => `${(100 * value).toFixed(1)} %`.padStart(9)
    console.log(
      name.padEnd(36),
      `${measuredMs.toFixed(3)} ms, predicted ${predictedMs.toFixed(3)}`,
      percent(error),
      `by rules ${percent(byRulesError)}`,
      `noise ${percent(repeatNoise)}`,
    )
  }
  for (const key of ['kernelsByRuntime', 'kernelsByRules', 'kernelsAlone']) {
    const { count, within10, within5, mape, kendallTau } = report[key]
    console.log(
      `${key}: ${count} networks, within 10 %: ${(100 * within10).toFixed(1)} %, within 5 %: ${(100 * within5).toFixed(1)} %,`,
      `mean error ${mape.toFixed(1)} %, tau ${kendallTau.toFixed(3)}`,
    )
  }
  const interaction = fitInteraction(observed, calls)
  console.log('interaction', JSON.stringify(interaction))
  writeFileSync('bench/results/cpu-networks.json', `${JSON.stringify({ ...report, interaction }, null, 2)}\n`)
  if (values.ship) writeFileSync('src/estimator/predictors/cpu.json', `${JSON.stringify({ ...file, interaction })}\n`)
}
