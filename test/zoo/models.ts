import { buildModel } from '../../src/ir/build.js'
import type { Model } from '../../src/ir/graph.js'
import { Tensor } from '../../src/ir/tensor.js'

/** A small model that passes have something to do in: `index` makes its weights and sizes its own. */
export function smallModel(index: number): Model {
  const width = 4 + (index % 5)
  const values = (count: number, phase: number) =>
    Array.from({ length: count }, (_, i) => Math.sin(i * 7 + phase + index))
  return buildModel((g) => {
    const x = g.input('x', 'float32', ['n', width])
    const w = g.constant(Tensor.float32(values(width * 8, 0), [width, 8]), 'w')
    const b = g.constant(Tensor.float32(values(8, 1), [8]), 'b')
    const v = g.constant(Tensor.float32(values(8 * 3, 2), [8, 3]), 'v')
    const hidden = g.op('Relu', [g.op('Identity', [g.op('Add', [g.op('MatMul', [x, w]), b])])])
    g.output(g.op('MatMul', [hidden, v]), 'y')
  })
}

/** Runs for hours: a loop that counts to 10^12. */
export const endlessModel = (): Model =>
  buildModel((g) => {
    const x = g.input('x', 'float32', [2])
    const body = g.subgraph('body', (inner) => {
      inner.input('i', 'int64', [])
      const condition = inner.input('condition', 'bool', [])
      const before = inner.input('before', 'float32', [2])
      inner.output(inner.op('Identity', [condition]), 'condition_out')
      inner.output(inner.op('Tanh', [before]), 'after')
    })
    const count = g.constant(Tensor.int64([1_000_000_000_000n], []), 'count')
    const goOn = g.constant(Tensor.bool([true], []), 'go_on')
    g.output(g.op('Loop', [count, goOn, x], { body }), 'y')
  })

/** A handful of bytes that ask for gigabytes: an outer sum of two vectors, several times. */
export const hungryModel = (): Model =>
  buildModel((g) => {
    const x = g.input('x', 'float32', [1, 20_000])
    const column = g.op('Transpose', [x], { perm: [1, 0] })
    const outer = g.op('Add', [column, x])
    g.output(g.op('ReduceMean', [g.op('Sin', [g.op('Exp', [outer])])], { axes: [0] }), 'y')
  })

/** A layer of some kilobytes; `phase` changes nothing but its weights. */
export const largeModel = (phase: number): Model =>
  buildModel((g) => {
    const x = g.input('x', 'float32', ['n', 64])
    const values = Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i + phase))
    g.output(g.op('Identity', [g.op('MatMul', [x, g.constant(Tensor.float32(values, [64, 64]), 'w')])]), 'y')
  })
