// Lanes recovered from tables of random array targets, by kind and noise; and that tables without steps give none.
// Usage: node bench/parallelism.mjs [targets of each kind] [rows] [seed]. Writes bench/results/parallelism.json. Needs dist/.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findParallelism } from '../dist/estimator/parallelism.js'
import { stepProbes } from '../dist/estimator/step-probes.js'
import { kernelCost, millisecondsOf } from '../dist/hw/cycles/index.js'
import { loadTarget } from '../dist/hw/target.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'
import { noiseFactor, randomTarget, visibleLanes } from './random-targets.mjs'

const [targets = 25, rows = 2000, seed = 20000] = process.argv.slice(2).map(Number)
const bases = {
  'dot-product': 'neural-engine',
  'weight-stationary': 'systolic-16x16-ws',
  'output-stationary': 'systolic-16x16-os',
  'input-stationary': 'systolic-16x16-is',
}
const results = []
for (const [kind, base] of Object.entries(bases)) {
  for (const noise of [0, 0.01, 0.02]) {
    const missed = []
    let milliseconds = 0
    for (let i = 0; i < targets; i++) {
      const random = new SeededRandom(seed + i)
      const target = randomTarget(random, loadTarget(base))
      const table = stepProbes(rows, seed + i, 'int8').map((shape) => ({
        ...shape,
        latencyMs: millisecondsOf(kernelCost(shape, target).cycles, target) * noiseFactor(random, noise),
      }))
      const start = performance.now()
      const found = findParallelism(table) ?? null
      milliseconds += performance.now() - start
      const expected = visibleLanes(target)
      if (found?.input !== expected.input || found?.output !== expected.output) missed.push({ expected, found, target })
    }
    const result = { kind, noise, exact: targets - missed.length, targets, msEach: Math.round(milliseconds / targets) }
    results.push({ ...result, missed: missed.map(({ expected, found }) => ({ expected, found })) })
    console.log(`${kind}, noise ${noise}: ${result.exact} of ${targets} exact, ${result.msEach} ms each`)
    for (const { expected, found, target } of missed) {
      console.log(`  ${JSON.stringify({ expected, found, memory: target.memory, overhead: target.overhead })}`)
    }
  }
}
const file = fileURLToPath(new URL('./results/parallelism.json', import.meta.url))
writeFileSync(file, `${JSON.stringify({ machine: machine(), rows, seed, results }, null, 2)}\n`)
