import { describe, expect, test } from 'vitest'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { planKernels } from './kernels.js'
import { loadTarget } from './target.js'

const engine = loadTarget('neural-engine')
const scale = () => Tensor.float32([0.1], [])
const zero = () => Tensor.fromBytes('int8', [], new Uint8Array(1))

/** x through int8 and back, as exporters of quantized models write it. */
function roundTrip(g: GraphBuilder, x: Value): Value {
  const parameters = () => [g.constant(scale()), g.constant(zero())] as const
  return g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, ...parameters()]), ...parameters()])
}

const filters = (g: GraphBuilder, isQuantized: boolean): Value =>
  isQuantized
    ? g.op('DequantizeLinear', [
        g.constant(Tensor.fromBytes('int8', [8, 4, 3, 3], new Uint8Array(288))),
        g.constant(scale()),
        g.constant(zero()),
      ])
    : g.constant(Tensor.float32(new Array(288).fill(0), [8, 4, 3, 3]))

const network = (isQuantized: boolean) =>
  buildModel((g) => {
    const through = (value: Value) => (isQuantized ? roundTrip(g, value) : value)
    const x = g.input('x', 'float32', [1, 4, 8, 8])
    const conv = g.op('Conv', [through(x), filters(g, isQuantized)], { pads: [1, 1, 1, 1] })
    const relu = g.op('Relu', [through(conv)])
    g.output(g.op('MaxPool', [through(relu)], { kernel_shape: [2, 2], strides: [2, 2] }), 'y')
  })

const planOf = (isQuantized: boolean, target = engine) => {
  const model = network(isQuantized)
  inferTypes(model)
  return planKernels(model, target).kernels
}

describe('conversions between number formats', () => {
  test('a quantized network has the kernels of its float original on a chip that computes in int8', () => {
    const [float, quantized] = [planOf(false), planOf(true)]
    const facts = ({ kind, macs, weightBytes, shape }: (typeof float)[number]) => ({ kind, macs, weightBytes, shape })
    expect(quantized.map(facts)).toEqual(float.map(facts))
    expect(quantized.map(({ nodes }) => nodes.map(({ opType }) => opType))).toEqual([
      ['Conv', 'QuantizeLinear', 'DequantizeLinear', 'Relu'],
      ['MaxPool'],
    ])
  })

  test('where the target says nothing of them they are kernels', () => {
    const plain = { ...engine, fusion: { freeAfterArray: ['activation' as const] } }
    expect(planOf(true, plain).length).toBeGreaterThan(planOf(false, plain).length)
  })

  test('what the graph gives back is converted, and that is a kernel', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 4, 8, 8])
      g.output(roundTrip(g, g.op('Sigmoid', [x])), 'y')
    })
    inferTypes(model)
    expect(planKernels(model, engine).kernels.map(({ nodes }) => nodes[0]!.opType)).toEqual([
      'Sigmoid',
      'DequantizeLinear',
    ])
  })
})
