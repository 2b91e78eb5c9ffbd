// Kernel predictions a second through the public Predictor, one thread, every shape a new one (no cache anywhere).
// Usage: node bench/predictor-speed.mjs [predictor name or file]. Needs dist/. Writes bench/results/predictor-speed.json.
import { writeFileSync } from 'node:fs'
import { loadPredictor, readPredictor } from '../dist/estimator/predictor.js'
import { convolutionShape } from '../dist/hw/convolution-shape.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'

const [name = 'v100-tensorrt'] = process.argv.slice(2)
const predictor = name.endsWith('.json') ? readPredictor(name) : loadPredictor(name)
const random = new SeededRandom(11)
const pick = (list) => list[random.integer(0, list.length - 1)]

/** Convolutions as a search asks for them: any channels, sizes on and off the grid of the data. */
const shapeOf = (precision) => {
  const inChannels = random.integer(3, 2048)
  const isDepthwise = random.uniform() < 0.2
  return convolutionShape({
    inChannels,
    outChannels: isDepthwise ? inChannels : random.integer(8, 2048),
    size: pick([7, 14, 28, 56, 112, 224, 5, 6, 8, 12, 20, 32, 96]),
    kernel: pick([1, 3, 5, 7]),
    stride: pick([1, 2]),
    groups: isDepthwise ? inChannels : 1,
    batch: pick([1, 8, 32, 64, 128]),
    precision,
  })
}

const count = 100_000
const results = []
for (const precision of predictor.precisions) {
  const shapes = Array.from({ length: count }, () => shapeOf(precision))
  for (const [method, call] of [
    ['latencyMs', (shape) => predictor.latencyMs(shape)],
    ['predict (interval and range too)', (shape) => predictor.predict(shape).highMs],
  ]) {
    let best = 0
    let bestOfCpu = 0
    let sum = 0
    for (let round = 0; round < 7; round++) {
      const startCpu = process.cpuUsage()
      const start = process.hrtime.bigint()
      for (const shape of shapes) sum += call(shape)
      const seconds = Number(process.hrtime.bigint() - start) / 1e9
      const { user, system } = process.cpuUsage(startCpu)
      best = Math.max(best, count / seconds)
      bestOfCpu = Math.max(bestOfCpu, count / ((user + system) / 1e6))
    }
    if (!Number.isFinite(sum)) throw new Error('a prediction is no number')
    results.push({ precision, method, perSecond: Math.round(best), perCpuSecond: Math.round(bestOfCpu) })
    console.log(`${precision} ${method}: ${Math.round(best)} a second, ${Math.round(bestOfCpu)} a second of CPU time`)
  }
}
writeFileSync(
  new URL('results/predictor-speed.json', import.meta.url),
  `${JSON.stringify({ machine: machine(), predictor: predictor.file.name, kernels: count, results }, null, 2)}\n`,
)
