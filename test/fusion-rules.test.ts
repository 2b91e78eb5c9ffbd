import { afterAll, describe, expect, test } from 'vitest'
import { observeModel } from '../src/estimator/measure/observe.js'
import { toProto } from '../src/export/to-proto.js'
import { planKernels } from '../src/hw/kernels.js'
import { loadTarget } from '../src/hw/target.js'
import { buildModel, type GraphBuilder } from '../src/ir/build.js'
import type { Value } from '../src/ir/graph.js'
import { inferTypes } from '../src/ir/infer.js'
import { Tensor } from '../src/ir/tensor.js'
import { encodeModel } from '../src/onnx/codec.js'
import { generateFeeds } from '../src/runtime/feeds.js'
import { isFailure, Runtime } from '../src/runtime/session.js'

const cpu = loadTarget('cpu')
const runtime = new Runtime()
afterAll(() => runtime.close())

const filled = (...dims: number[]) =>
  Tensor.float32(
    Array.from({ length: dims.reduce((all, dim) => all * dim, 1) }, (_, i) => ((i * 7) % 13) / 13 + 0.1),
    dims,
  )

const conv = (g: GraphBuilder, x: Value, from: number, to: number): Value =>
  g.op('Conv', [x, g.constant(filled(to, from, 3, 3)), g.constant(filled(to))], { pads: [1, 1, 1, 1] })

/** What each rule of the target is about; the key is its name. */
const cases: Readonly<Record<string, (g: GraphBuilder) => Value>> = {
  'conv-affine': (g) => {
    const y = conv(g, g.input('x', 'float32', [1, 16, 8, 8]), 16, 32)
    return g.op('BatchNormalization', [y, ...Array.from({ length: 4 }, () => g.constant(filled(32)))])
  },
  'conv-residual': (g) => {
    const a = conv(g, g.input('x', 'float32', [1, 16, 8, 8]), 16, 16)
    return g.op('Relu', [g.op('Add', [conv(g, a, 16, 16), a])])
  },
  'conv-activation': (g) => g.op('Relu', [conv(g, g.input('x', 'float32', [1, 16, 8, 8]), 16, 32)]),
  'matmul-bias': (g) => {
    const x = g.input('x', 'float32', [4, 24])
    return g.op('Add', [g.op('MatMul', [x, g.constant(filled(24, 10))]), g.constant(filled(10))])
  },
  'gemm-activation': (g) => {
    const x = g.input('x', 'float32', [4, 24])
    return g.op('Relu', [g.op('Gemm', [x, g.constant(filled(24, 10)), g.constant(filled(10))])])
  },
  'sigmoid-gate': (g) => {
    const x = g.op('Neg', [g.input('x', 'float32', [4, 24])])
    return g.op('Mul', [x, g.op('Sigmoid', [x])])
  },
  'blocked layout: stem, pool, leaving': (g) => {
    const y = conv(g, g.input('x', 'float32', [1, 3, 16, 16]), 3, 16)
    return g.op('MaxPool', [conv(g, y, 16, 32)], { kernel_shape: [2, 2], strides: [2, 2] })
  },
  'blocked layout: channels that fill no blocks stay out': (g) =>
    conv(g, conv(g, g.input('x', 'float32', [1, 18, 8, 8]), 18, 22), 22, 16),
  'folded constants': (g) => {
    const x = g.input('x', 'float32', [4, 24])
    return g.op('Add', [x, g.op('Exp', [g.constant(filled(24))])])
  },
  'a pair that is not fused': (g) =>
    g.op('Relu', [g.op('Mul', [g.input('x', 'float32', [4, 24]), g.constant(filled(24))])]),
}

describe('the rules of cpu, against the graph that onnxruntime runs', () => {
  test('every rule has a case', () => {
    for (const { name } of cpu.fusion.rules!) expect(Object.keys(cases)).toContain(name)
  })

  test.each(Object.entries(cases))('%s', async (_, build) => {
    const model = buildModel((g) => g.output(build(g), 'y'))
    inferTypes(model)
    const planned = planKernels(model, cpu).kernels.map(({ shape }) => shape.op)
    const feeds = generateFeeds(model, { seed: 1, attempt: 0 })
    if ('reason' in feeds) throw new Error(String(feeds.reason))
    const bytes = Buffer.concat(encodeModel(toProto(model)))
    const observed = await observeModel(runtime, { bytes }, feeds, 2)
    if (isFailure(observed)) throw new Error(observed.message)
    const ran = observed.nodes.map(({ node }) => (node.domain === '' ? node.opType : `${node.domain}.${node.opType}`))
    expect(planned.sort()).toEqual(ran.sort())
  })
})
