// Times single kernels through onnxruntime on this machine and fits the predictor of target cpu to them.
// Writes the table (bench/results/cpu-kernels.json) and the predictor (src/estimator/predictors/cpu.json). Needs dist/.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { familyOf, featureNames, featuresOf } from '../dist/estimator/features.js'
import { fitFamily } from '../dist/estimator/fit.js'
import { toProto } from '../dist/export/to-proto.js'
import { planKernels } from '../dist/hw/kernels.js'
import { loadTarget } from '../dist/hw/target.js'
import { buildModel } from '../dist/ir/build.js'
import { inferTypes } from '../dist/ir/infer.js'
import { Tensor } from '../dist/ir/tensor.js'
import { encodeModel } from '../dist/onnx/codec.js'
import { generateFeeds } from '../dist/runtime/feeds.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { Runtime } from '../dist/runtime/session.js'
import { machine } from './machine.mjs'

const random = new SeededRandom(7)
const pick = (list) => list[random.integer(0, list.length - 1)]
const weights = (...dims) =>
  Tensor.float32(
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.uniform() - 0.5),
    dims,
  )
const sizes = [7, 14, 28, 56, 112]
const channels = [8, 16, 24, 32, 64, 96, 128, 160, 256]

const families = {
  dense: () => {
    if (random.uniform() < 0.3) {
      const [rows, k, n] = [pick([1, 8, 32, 128]), pick([64, 128, 256, 512, 1280]), pick([10, 64, 256, 1000])]
      return (g) =>
        g.output(
          g.op('Gemm', [g.input('x', 'float32', [rows, k]), g.constant(weights(k, n)), g.constant(weights(n))]),
          'y',
        )
    }
    const [size, c, m, k] = [pick(sizes), pick(channels), pick(channels), pick([1, 1, 3, 5])]
    const pad = (k - 1) / 2
    return (g) => {
      const x = g.input('x', 'float32', [1, c, size, size])
      g.output(
        g.op('Conv', [x, g.constant(weights(m, c, k, k)), g.constant(weights(m))], { pads: [pad, pad, pad, pad] }),
        'y',
      )
    }
  },
  depthwise: () => {
    const [size, c, k, stride] = [
      pick(sizes),
      pick([16, 32, 64, 96, 144, 192, 384, 576]),
      pick([3, 3, 5]),
      pick([1, 1, 2]),
    ]
    const pad = (k - 1) / 2
    return (g) => {
      const x = g.input('x', 'float32', [1, c, size, size])
      g.output(
        g.op('Conv', [x, g.constant(weights(c, 1, k, k)), g.constant(weights(c))], {
          group: c,
          pads: [pad, pad, pad, pad],
          strides: [stride, stride],
        }),
        'y',
      )
    }
  },
  pool: () => {
    const [size, c, type] = [pick(sizes), pick(channels), pick(['MaxPool', 'AveragePool', 'GlobalAveragePool'])]
    const attributes = type.startsWith('Global') ? {} : { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }
    return (g) => g.output(g.op(type, [g.input('x', 'float32', [1, c, size, size])], attributes), 'y')
  },
  elementwise: () => {
    const [size, c, type] = [
      pick(sizes),
      pick(channels),
      pick(['Relu', 'Sigmoid', 'Add', 'Mul', 'Transpose', 'Concat', 'Softmax']),
    ]
    return (g) => {
      const x = g.input('x', 'float32', [1, c, size, size])
      const inputs = ['Add', 'Mul', 'Concat'].includes(type) ? [x, g.input('z', 'float32', [1, c, size, size])] : [x]
      g.output(
        g.op(type, inputs, type === 'Transpose' ? { perm: [0, 2, 3, 1] } : type === 'Concat' ? { axis: 1 } : {}),
        'y',
      )
    }
  },
  recurrent: () => {
    const [steps, width, hidden] = [pick([4, 16, 40, 100]), pick([16, 64, 128]), pick([16, 48, 96, 128])]
    const type = pick(['LSTM', 'GRU'])
    const gates = type === 'LSTM' ? 4 : 3
    return (g) => {
      const x = g.input('x', 'float32', [steps, 1, width])
      const [w, r] = [g.constant(weights(1, gates * hidden, width)), g.constant(weights(1, gates * hidden, hidden))]
      g.output(g.op(type, [x, w, r], { hidden_size: hidden }), 'y')
    }
  },
}

const perFamily = Number(process.argv[2] ?? 60)
const target = { ...loadTarget('cpu') }
const runtime = new Runtime()
const table = []
for (const [family, make] of Object.entries(families)) {
  for (let i = 0; i < perFamily; i++) {
    const model = buildModel(make())
    inferTypes(model)
    const { kernels } = planKernels(model, target)
    if (kernels.length !== 1 || familyOf(kernels[0].kind) !== family)
      throw new Error(`${family}: ${kernels.map(({ kind }) => kind)}`)
    const session = await runtime.load({ bytes: Buffer.concat(encodeModel(toProto(model))) }, { optimization: 'all' })
    const feeds = generateFeeds(model, { seed: i, attempt: 0 })
    const [samples] = await runtime.time([{ session, feeds }], { warmUp: 5, runs: 30 })
    await runtime.release(session)
    samples.sort((a, b) => a - b)
    table.push({ family, features: featuresOf(kernels[0]), latencyMs: samples[15] })
  }
}
runtime.close()

const dataSha256 = createHash('sha256').update(JSON.stringify(table)).digest('hex')
const here = machine()
const fitted = Object.fromEntries(
  Object.keys(families).map((family) => [family, fitFamily(table.filter((row) => row.family === family))]),
)
const predictor = {
  predictorVersion: 1,
  name: 'cpu',
  machine: `${here.cpu}, one thread`,
  measured: here.date,
  dataSha256,
  families: fitted,
}
writeFileSync(
  'bench/results/cpu-kernels.json',
  `${JSON.stringify({ machine: here, featureNames, medianOfRuns: 30, warmUp: 5, rows: table })}\n`,
)
writeFileSync('src/estimator/predictors/cpu.json', `${JSON.stringify(predictor, null, 2)}\n`)
for (const [family, { meanError, ratioQuantiles }] of Object.entries(fitted)) {
  console.log(
    family.padEnd(12),
    `mean error ${(100 * meanError).toFixed(1)} %`,
    `90 % interval x ${ratioQuantiles.map((q) => q.toFixed(2)).join(' to ')}`,
  )
}
