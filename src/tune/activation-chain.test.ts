import { afterAll, describe, expect, test } from 'vitest'
import { type ActivationForm, activate } from '../../test/architecture/bottleneck.js'
import { run } from '../../test/architecture/run-model.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { Runtime } from '../runtime/session.js'
import { activationBetween, applyChain, boundsBehind } from './activation-chain.js'

const weight = () => Tensor.fromArray('float32', [2, 2, 1, 1], Float32Array.of(1, 0.5, -1, 2))
const number = (g: GraphBuilder, value: number, dims: number[] = []) => g.constant(Tensor.float32([value], dims))

/** Two convolutions and what stands between them. */
function between(activation: (g: GraphBuilder, x: Value) => Value, opset = 17, domains = {}) {
  const model = buildModel(
    (g) => {
      const first = g.op('Conv', [g.input('x', 'float32', [1, 2, 3, 3]), g.constant(weight())])
      first.name = 'from'
      const to = activation(g, first)
      const second = g.op('Conv', [to, g.constant(weight())])
      g.output(second, 'y')
    },
    { opset, irVersion: 10, domains },
  )
  inferTypes(model)
  return { model, from: model.graph.first!.outputs[0]!, to: model.graph.last!.inputs[0]! }
}

const runtime = new Runtime()
afterAll(() => runtime.close())

const values = Tensor.float32([-300, -7, -6, -3.5, -1, -0.2, 0, 0.3, 1, 2.9, 3, 5.9, 6, 6.5, 8, 300], [4, 4])
const answers = async (model: Model) =>
  Array.from((await run(runtime, model, new Map([['u', values]]))).get('h')!.numbers())

interface Case {
  readonly title: string
  readonly form: (g: GraphBuilder, x: Value) => Value
  readonly nodes: number
  readonly opset?: number
}

const form =
  (name: ActivationForm) =>
  (g: GraphBuilder, x: Value): Value =>
    activate(g, x, name, 2)

const cases: readonly Case[] = [
  { title: 'Relu', form: form('Relu'), nodes: 1 },
  { title: 'Clip', form: form('Relu6'), nodes: 1 },
  { title: 'Clip without an upper bound', form: (g, x) => g.op('Clip', [x, number(g, -1)]), nodes: 1 },
  {
    title: 'Clip whose bounds are attributes',
    form: (g, x) => g.op('Clip', [x], { min: 0.5, max: 6.5 }),
    nodes: 1,
    opset: 9,
  },
  { title: 'LeakyRelu', form: (g, x) => g.op('LeakyRelu', [x], { alpha: 0.3 }), nodes: 1 },
  { title: 'PRelu of one slope', form: (g, x) => g.op('PRelu', [x, number(g, 0.3, [1])]), nodes: 1 },
  { title: 'HardSwish', form: form('HardSwish'), nodes: 1 },
  { title: 'HardSwish written out', form: form('HardSwish written out'), nodes: 4 },
  { title: 'SiLU written out', form: form('Silu written out'), nodes: 2 },
  { title: 'SiLU', form: form('Silu'), nodes: 1, opset: 24 },
  {
    title: 'a choice by the sign',
    form: (g, x) => g.op('Where', [g.op('Greater', [x, number(g, 0)]), x, g.op('Mul', [x, number(g, 0.1)])]),
    nodes: 3,
  },
  { title: 'a square', form: (g, x) => g.op('Pow', [x, g.constant(Tensor.int64([2], []))]), nodes: 1 },
]

describe('activations between two layers', () => {
  test.each(cases)('$title: found, and the same on another value', async ({ form, nodes, opset = 17 }) => {
    const { from, to } = between(form, opset)
    const chain = activationBetween(from, to)!
    expect(chain.nodes).toHaveLength(nodes)
    const options = { opset: Math.max(17, opset), irVersion: 10 }
    const applied = buildModel((g) => g.output(applyChain(g, chain, g.input('u', 'float32', [4, 4])), 'h'), options)
    const original = buildModel((g) => g.output(form(g, g.input('u', 'float32', [4, 4])), 'h'), {
      opset,
      irVersion: 10,
    })
    const [found, expected] = [await answers(applied), await answers(original)]
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5)
  })

  const refused: readonly (Omit<Case, 'nodes'> & { readonly domains?: Record<string, number> })[] = [
    {
      title: 'a value within that is an output too',
      form: (g, x) => {
        const gate = g.op('Sigmoid', [x])
        g.output(gate, 'gate')
        return g.op('Mul', [x, gate])
      },
    },
    {
      title: 'another reader of the first layer',
      form: (g, x) => {
        g.output(g.op('ReduceMean', [x]), 'mean')
        return g.op('Relu', [x])
      },
    },
    {
      title: 'another reader of the result',
      form: (g, x) => {
        const y = g.op('Relu', [x])
        g.output(g.op('ReduceMean', [y]), 'mean')
        return y
      },
    },
    { title: 'a gate that another layer computes', form: (g, x) => g.op('Mul', [x, g.op('GlobalAveragePool', [x])]) },
    { title: 'a slope for each channel', form: form('PRelu') },
    { title: 'a sum with an input', form: (g, x) => g.op('Add', [x, g.input('z', 'float32', [1, 2, 3, 3])]) },
    { title: 'pooling', form: (g, x) => g.op('MaxPool', [g.op('Relu', [x])], { kernel_shape: [1, 1] }) },
    { title: 'nothing at all', form: (_, x) => x },
    {
      title: 'another precision in between',
      form: (g, x) => g.op('Cast', [g.op('Relu', [g.op('Cast', [x], { to: 10 })])], { to: 1 }),
    },
    {
      title: 'quantization',
      form: (g, x) => {
        const parameters = [number(g, 0.1), g.constant(Tensor.fromArray('uint8', [], Uint8Array.of(3)))]
        return g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, ...parameters]), ...parameters])
      },
    },
    {
      title: 'an operator of another domain',
      form: (g, x) => g.node('Gelu', [x], {}, 1, 'com.microsoft').outputs[0]!,
      domains: { 'com.microsoft': 1 },
    },
  ]
  test.each(refused)('$title is none', ({ form, opset, domains }) => {
    const { from, to } = between(form, opset, domains)
    expect(activationBetween(from, to)).toBeUndefined()
  })

  test.each([
    { title: 'Relu', form: form('Relu'), bounds: [0, Number.POSITIVE_INFINITY] },
    { title: 'Clip', form: form('Relu6'), bounds: [0, 6] },
    { title: 'HardSwish', form: form('HardSwish'), bounds: undefined },
    {
      title: 'Clip, and another reader',
      form: (g: GraphBuilder, x: Value) => g.op('Add', [form('Relu6')(g, x), x]),
      bounds: undefined,
    },
  ])('what $title hides', ({ form, bounds }) => {
    expect(boundsBehind(between(form).from)).toEqual(bounds)
  })
})
