// What fusion saves on this machine: for pairs of operators the time of A, of B, and of A followed by B, as onnxruntime
// runs them, with one thread and all graph optimizations. A pair that becomes one kernel takes hardly longer than A alone.
// Usage: node bench/fusion.mjs. Writes bench/results/fusion.json. Needs dist/ and a quiet core.
import { writeFileSync } from 'node:fs'
import { toProto } from '../dist/export/to-proto.js'
import { buildModel } from '../dist/ir/build.js'
import { Tensor } from '../dist/ir/tensor.js'
import { encodeModel } from '../dist/onnx/codec.js'
import { generateFeeds } from '../dist/runtime/feeds.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { Runtime } from '../dist/runtime/session.js'
import { machine } from './machine.mjs'

const random = new SeededRandom(1)
const weights = (...dims) =>
  Tensor.float32(
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.uniform() - 0.4),
    dims,
  )
const image = (channels) => [1, channels, 56, 56]
const matrix = [128, 256]
const conv = (g, x) =>
  g.op('Conv', [x, g.constant(weights(64, 64, 3, 3)), g.constant(weights(64))], { pads: [1, 1, 1, 1] })
const gemm = (g, x) => g.op('Gemm', [x, g.constant(weights(256, 256)), g.constant(weights(256))])
const sigmoid = (g, x) => g.op('Sigmoid', [x])
/** Name of the rule, sizes of the input, A and B as functions of a value; B of the result and of A's input. */
const pairs = [
  ['conv-activation', image(64), conv, (g, y) => g.op('Relu', [y])],
  ['conv-affine', image(64), conv, (g, y) => g.op('Mul', [y, g.constant(weights(1, 64, 1, 1))])],
  ['conv-residual', image(64), conv, (g, y, x) => g.op('Add', [y, x])],
  [
    'matmul-bias',
    matrix,
    (g, x) => g.op('MatMul', [x, g.constant(weights(256, 256))]),
    (g, y) => g.op('Add', [y, g.constant(weights(256))]),
  ],
  ['gemm-activation', matrix, gemm, (g, y) => g.op('Relu', [y])],
  ['sigmoid-gate', image(64), sigmoid, (g, y, x) => g.op('Mul', [y, x])],
  ['not fused: exp-softmax', image(64), (g, x) => g.op('Exp', [x]), (g, y) => g.op('Softmax', [y], { axis: 1 })],
]

const runtime = new Runtime()
const rows = []
for (const [name, dims, a, b] of pairs) {
  const variants = {
    a: (g, x) => a(g, x),
    b: (g, x) => b(g, x, x),
    both: (g, x) => b(g, a(g, x), x),
    neither: (_, x) => x,
  }
  const timed = []
  for (const build of Object.values(variants)) {
    // A first and a last operator of little work keep inputs and outputs of all variants alike.
    const model = buildModel((g) => {
      const x = g.op('Neg', [g.input('x', 'float32', dims)])
      g.output(g.op('ReduceMax', [build(g, x)], { keepdims: 1 }), 'y')
    })
    const session = await runtime.load({ bytes: Buffer.concat(encodeModel(toProto(model))) }, { optimization: 'all' })
    timed.push({ session, feeds: generateFeeds(model, { seed: 1, attempt: 0 }) })
  }
  const samples = await runtime.time(timed, { warmUp: 10, runs: 200 })
  const [aMs, bMs, bothMs, noneMs] = samples.map((list) => list.sort((p, q) => p - q)[40])
  const row = { name, aMs: aMs - noneMs, bMs: bMs - noneMs, bothMs: bothMs - noneMs }
  row.savedOfB = (row.aMs + row.bMs - row.bothMs) / row.bMs
  rows.push(row)
  console.log(
    name.padEnd(26),
    ...['aMs', 'bMs', 'bothMs'].map((key) => `${key} ${row[key].toFixed(4)}`.padEnd(16)),
    `${(100 * row.savedOfB).toFixed(0)} % of B saved`,
  )
}
runtime.close()
writeFileSync(
  'bench/results/fusion.json',
  `${JSON.stringify({ machine: machine(), runs: 200, quantile: 0.2, rows }, null, 2)}\n`,
)
