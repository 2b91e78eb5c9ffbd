// Memory plans of all models of the given folders on neural-engine: peak in the given order and as planned, the proven lower
// bound, height of the offsets, time of planning. Usage: node bench/memory-plan.mjs FOLDER... Writes
// bench/results/memory-plan.json. Needs dist/.
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { planKernels } from '../dist/hw/kernels.js'
import { peakOf } from '../dist/hw/memory/peak.js'
import { planMemory } from '../dist/hw/memory/plan.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { inferTypes } from '../dist/ir/infer.js'
import { machine } from './machine.mjs'

const target = loadTarget('neural-engine')
const runs = 5

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

const models = []
for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.onnx'))) {
    const model = await readModel(join(folder, name))
    inferTypes(model)
    const { kernels } = planKernels(model, target)
    let plan
    const times = Array.from({ length: runs }, () => {
      const start = performance.now()
      plan = planMemory(kernels, { alignBytes: target.memory.alignBytes })
      return performance.now() - start
    })
    const sizes = Float64Array.from(plan.buffers, ({ bytes }) => bytes)
    const sweeps = 1000
    const start = performance.now()
    for (let i = 0; i < sweeps; i++) peakOf(plan, sizes)
    const sweepMicroseconds = ((performance.now() - start) / sweeps) * 1000
    const { givenPeakBytes, peakBytes, lowerBoundBytes, arenaBytes, isReordered } = plan
    models.push({
      model: `${basename(folder)}/${name}`,
      kernels: kernels.length,
      buffers: plan.buffers.length,
      inPlace: plan.buffers.filter(({ overwrites }) => overwrites >= 0).length,
      givenPeakBytes,
      peakBytes,
      lowerBoundBytes,
      isProvedOptimal: peakBytes === lowerBoundBytes,
      arenaBytes,
      isReordered,
      firstMs: Number(times[0].toFixed(2)),
      medianMs: Number(median(times).toFixed(2)),
      sweepMicroseconds: Number(sweepMicroseconds.toFixed(2)),
    })
    const last = models.at(-1)
    console.log(
      `${last.model.padEnd(44)} ${String(last.kernels).padStart(4)} kernels  given ${givenPeakBytes}  planned ${peakBytes}  bound ${lowerBoundBytes}  ` +
        `height ${arenaBytes}  ${last.firstMs} / ${last.medianMs} ms, sweep ${last.sweepMicroseconds} us`,
    )
  }
}

const share = (holds) => models.filter(holds).length / models.length
const summary = {
  models: models.length,
  heightEqualsLowerBound: share((m) => m.arenaBytes === m.lowerBoundBytes),
  provedOptimal: share((m) => m.isProvedOptimal),
  heightEqualsPeak: share((m) => m.arenaBytes === m.peakBytes),
  lowerThanGiven: share((m) => m.peakBytes < m.givenPeakBytes),
  largestMedianMs: Math.max(...models.map((m) => m.medianMs)),
}
console.log(summary)
const here = fileURLToPath(new URL('.', import.meta.url))
writeFileSync(
  join(here, 'results/memory-plan.json'),
  `${JSON.stringify({ machine: machine(), target: target.name, summary, models }, null, 2)}\n`,
)
