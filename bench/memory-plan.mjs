// Memory plans of all models of the given folders: peak in the given order and as planned, the proven lower bound, height of
// the offsets, time of planning. On neural-engine with open sizes as 1, the reference, and in variants: other targets (other
// kernels), open sizes as 160, offsets aligned to 16 bytes. Usage: node bench/memory-plan.mjs FOLDER...
// Writes bench/results/memory-plan.json. Needs dist/.
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cpuUsage } from 'node:process'
import { fileURLToPath } from 'node:url'
import { planKernels } from '../dist/hw/kernels.js'
import { peakOf } from '../dist/hw/memory/peak.js'
import { planMemory } from '../dist/hw/memory/plan.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { symbolsOf } from '../dist/ir/dim.js'
import { inferTypes } from '../dist/ir/infer.js'
import { dimsOf } from '../dist/ir/type.js'
import { machine } from './machine.mjs'

const runs = 5
const reference = { target: 'neural-engine', openSizes: 1, alignBytes: 1 }
const variants = [
  reference,
  { ...reference, openSizes: 160 },
  { ...reference, alignBytes: 16 },
  { ...reference, target: 'cpu' },
  { ...reference, target: 'systolic-32x32-ws' },
]

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const round = (value) => Number(value.toFixed(2))

/** Milliseconds of the processor and of the clock; other work on the machine shows in the second alone. */
function timed(action) {
  const before = cpuUsage()
  const start = performance.now()
  const result = action()
  const wallMs = performance.now() - start
  const { user, system } = cpuUsage(before)
  return { result, wallMs, cpuMs: (user + system) / 1000 }
}

function openSymbols(model) {
  const names = new Set()
  for (const { type } of model.graph.inputs) {
    for (const dim of dimsOf(type) ?? [])
      if (typeof dim !== 'number') for (const name of symbolsOf(dim)) names.add(name)
  }
  return names
}

function measure(model, { target, openSizes, alignBytes }) {
  const symbols = new Map([...openSymbols(model)].map((name) => [name, openSizes]))
  const { kernels } = planKernels(model, loadTarget(target), { symbols })
  const times = Array.from({ length: runs }, () => timed(() => planMemory(kernels, { alignBytes })))
  const plan = times[0].result
  const sizes = Float64Array.from(plan.buffers, ({ bytes }) => bytes)
  const sweeps = 1000
  const sweep = timed(() => {
    for (let i = 0; i < sweeps; i++) peakOf(plan, sizes)
  })
  return {
    target,
    openSizes,
    alignBytes,
    kernels: kernels.length,
    buffers: plan.buffers.length,
    inPlace: plan.buffers.filter(({ overwrites }) => overwrites >= 0).length,
    givenPeakBytes: plan.givenPeakBytes,
    peakBytes: plan.peakBytes,
    lowerBoundBytes: plan.lowerBoundBytes,
    provedOptimal: plan.peakBytes === plan.lowerBoundBytes,
    arenaBytes: plan.arenaBytes,
    reordered: plan.isReordered,
    firstMs: round(times[0].wallMs),
    medianMs: round(median(times.map(({ wallMs }) => wallMs))),
    medianCpuMs: round(median(times.map(({ cpuMs }) => cpuMs))),
    sweepMicroseconds: round((sweep.cpuMs / sweeps) * 1000),
  }
}

const results = []
for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.onnx'))) {
    const model = await readModel(join(folder, name))
    inferTypes(model)
    for (const variant of variants) {
      if (variant.openSizes !== 1 && openSymbols(model).size === 0) continue
      const found = { model: `${basename(folder)}/${name}`, ...measure(model, variant) }
      results.push(found)
      const { openSizes, alignBytes, givenPeakBytes, peakBytes, lowerBoundBytes, arenaBytes } = found
      console.log(
        `${found.model} ${found.target} ${openSizes}/${alignBytes}: ${found.kernels} kernels, given ${givenPeakBytes}, ` +
          `planned ${peakBytes}, bound ${lowerBoundBytes}, height ${arenaBytes}, ${found.medianMs} ms (${found.medianCpuMs} of the CPU), ` +
          `sweep ${found.sweepMicroseconds} us${arenaBytes === lowerBoundBytes ? '' : '  <<<'}`,
      )
    }
  }
}

function summarize(rows) {
  const share = (holds) => round((100 * rows.filter(holds).length) / rows.length)
  return {
    plans: rows.length,
    heightEqualsLowerBoundPercent: share((row) => row.arenaBytes === row.lowerBoundBytes),
    provedOptimalPercent: share((row) => row.provedOptimal),
    lowerThanGivenPercent: share((row) => row.peakBytes < row.givenPeakBytes),
    medianMs: median(rows.map((row) => row.medianMs)),
    largestMedianMs: Math.max(...rows.map((row) => row.medianMs)),
    largestMedianCpuMs: Math.max(...rows.map((row) => row.medianCpuMs)),
  }
}

const isReference = (row) =>
  row.target === reference.target && row.openSizes === reference.openSizes && row.alignBytes === reference.alignBytes
const summary = { reference: summarize(results.filter(isReference)), all: summarize(results) }
console.log(summary)
const here = fileURLToPath(new URL('.', import.meta.url))
writeFileSync(
  join(here, 'results/memory-plan.json'),
  `${JSON.stringify({ machine: machine(), summary, results }, null, 2)}\n`,
)
