import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../test/passes/equivalence.js'
import type { GraphBuilder } from '../ir/build.js'
import { FunctionBody, Graph, Value } from '../ir/graph.js'
import { attr, Patch } from '../ir/patch.js'
import { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import { foldConstants } from './exact/fold-constants.js'
import { inlineFunctions } from './exact/inline-functions.js'
import { cleanUpPasses } from './pipeline.js'

const holder = useRuntime()
const run = (build: (g: GraphBuilder) => void, more: Partial<Parameters<typeof expectEquivalent>[2]> = {}) =>
  expectEquivalent(holder.runtime, build, { passes: cleanUpPasses, ...more })
const i64 = (...values: number[]) => Tensor.int64(values)
const f32 = (values: number[], dims?: number[]) => Tensor.float32(values, dims)

describe('what is known is not computed', () => {
  test('chains of constants fold, by rule and by the runtime', async () => {
    const { ops, after } = await run((g) => {
      const x = g.input('x', 'float32', [2, 3])
      const a = g.op('Add', [g.constant(f32([1, 2, 3])), g.constant(f32([0.5]))])
      const b = g.op('Tanh', [g.op('Sin', [a])])
      g.output(g.op('Max', [x, b]), 'y')
    })
    expect(ops).toEqual(['Max'])
    expect(after.graph.initializers.size).toBe(1)
  })

  test('shape arithmetic on a symbolic batch leaves a constant target', async () => {
    const { ops } = await run(
      (g) => {
        const x = g.input('x', 'float32', ['n', 3, 4])
        const batch = g.op('Gather', [g.op('Shape', [x]), g.constant(Tensor.int64([0], []))])
        const target = g.op('Concat', [g.op('Unsqueeze', [batch, g.constant(i64(0))]), g.constant(i64(-1))], {
          axis: 0,
        })
        g.output(g.op('Reshape', [g.op('Relu', [x]), target]), 'y')
      },
      { symbols: new Map([['n', 5]]) },
    )
    expect(ops).toEqual(['Relu', 'Reshape'])
  })

  test('the batch is not frozen: the interface keeps its symbol', async () => {
    const { after } = await run((g) =>
      g.output(g.op('Flatten', [g.op('Relu', [g.input('x', 'float32', ['n', 3, 4])])]), 'y'),
    )
    expect(String(dimsOf(after.graph.inputs[0]!.type)![0])).toBe('n')
    expect(String(dimsOf(after.graph.outputs[0]!.type)![0])).toBe('n')
  })

  test.each<[string, (g: GraphBuilder) => Value]>([
    ['ConstantOfShape', (g) => g.op('ConstantOfShape', [g.constant(i64(1000, 1000))])],
    ['Tile', (g) => g.op('Tile', [g.constant(f32([1, 2], [1, 2])), g.constant(i64(100000, 1))])],
    ['Expand', (g) => g.op('Expand', [g.constant(f32([3], [1])), g.constant(i64(300000))])],
    [
      'Range',
      (g) =>
        g.op(
          'Cast',
          [
            g.op('Range', [
              g.constant(Tensor.int64([0], [])),
              g.constant(Tensor.int64([400000], [])),
              g.constant(Tensor.int64([1], [])),
            ]),
          ],
          { to: 1 },
        ),
    ],
  ])('folding %s would bloat the file: it stays', async (_, make) => {
    const { after, ops } = await run((g) =>
      g.output(g.op('ReduceSum', [g.op('Mul', [make(g), g.input('x', 'float32', [1])])], { keepdims: 0 }), 'y'),
    )
    const stored = [...after.graph.initializers].reduce((sum, { tensor }) => sum + tensor!.byteLength, 0)
    expect(stored).toBeLessThan(4096)
    expect(ops.length).toBeGreaterThan(2)
  })

  test('what is small in the end is folded although it was large on the way', async () => {
    const { ops } = await run((g) => {
      const large = g.op('ConstantOfShape', [g.constant(i64(512, 512))], { value: f32([0.5]) })
      g.output(g.op('Add', [g.input('x', 'float32', [1]), g.op('ReduceMean', [large], { keepdims: 0 })]), 'y')
    })
    expect(ops).toEqual(['Add'])
  })

  test('QuantizeLinear and DequantizeLinear are never folded', async () => {
    const { ops } = await run((g) => {
      const [scale, zero] = [g.constant(f32([0.1], [])), g.constant(Tensor.fromArray('int8', [], Int8Array.of(3)))]
      const w = g.op('DequantizeLinear', [
        g.constant(Tensor.fromArray('int8', [4, 4], new Int8Array(16).fill(7))),
        scale,
        zero,
      ])
      g.output(
        g.op('MatMul', [
          g.op('DequantizeLinear', [
            g.op('QuantizeLinear', [g.input('x', 'float32', [2, 4]), scale, zero]),
            scale,
            zero,
          ]),
          w,
        ]),
        'y',
      )
    })
    expect([...ops].sort()).toEqual(['DequantizeLinear', 'DequantizeLinear', 'MatMul', 'QuantizeLinear'])
  })

  test('random operators are neither folded nor merged', async () => {
    const { ops } = await run(
      (g) => {
        const noise = () =>
          g.op('Mul', [
            g.op('RandomUniformLike', [g.constant(f32([1, 2]))], { seed: attr.float(1) }),
            g.constant(f32([0])),
          ])
        g.output(g.op('Add', [g.op('Add', [noise(), noise()]), g.input('x', 'float32', [2])]), 'y')
      },
      { passes: [foldConstants] },
    )
    expect(ops.filter((op) => op === 'RandomUniformLike')).toHaveLength(2)
  })
})

describe('equal things are one', () => {
  test('common subexpressions, also across subgraphs, also with operands swapped', async () => {
    const { ops } = await run((g) => {
      const [x, c] = [g.input('x', 'float32', [2, 3]), g.input('c', 'bool', [])]
      const a = g.op('Exp', [g.op('Add', [x, g.constant(f32([1, 2, 3]))])])
      const b = g.op('Exp', [g.op('Add', [g.constant(f32([1, 2, 3])), x])])
      const branch = (op: string) =>
        g.subgraph(op, (inner) =>
          inner.output(inner.op(op, [inner.op('Add', [x, g.constant(f32([1, 2, 3]))])]), `${op}_out`),
        )
      const chosen = g.op('If', [c], { then_branch: branch('Sin'), else_branch: branch('Cos') })
      g.output(g.op('Mul', [g.op('Add', [a, b]), chosen]), 'y')
    })
    expect(ops.filter((op) => op === 'Exp')).toHaveLength(1)
    expect(ops.filter((op) => op === 'Add')).toHaveLength(2)
  })

  test('initializers of another dtype or shape with the same bytes stay apart', async () => {
    const { after } = await run((g) => {
      const x = g.input('x', 'float32', [1, 4])
      const a = g.op('Mul', [x, g.constant(f32([2, 3, 4, 5]))])
      const b = g.op('Div', [a, g.constant(f32([2, 3, 4, 5], [4, 1]))])
      g.output(g.op('Max', [b, g.constant(f32([2, 3, 4, 5]))]), 'y')
    })
    expect(after.graph.initializers.size).toBe(2)
  })
})

describe('traps', () => {
  test('an output that is an input, twice an output, and a fused-away output keep name and order', async () => {
    const { after } = await run((g) => {
      const x = g.input('x', 'float32', [1, 2, 3, 3])
      const conv = g.op('Conv', [x, g.constant(f32([1, 2, 3, 4], [2, 2, 1, 1]))])
      g.output(g.op('Identity', [x]), 'same')
      g.output(g.op('Mul', [g.op('Identity', [conv]), g.constant(f32([2]))]), 'scaled')
      g.output(g.op('Identity', [g.op('Identity', [g.op('Relu', [x])])]), 'relu')
    })
    expect(after.graph.outputs.map(({ name }) => name)).toEqual(['same', 'scaled', 'relu'])
  })

  test('weights shared by two convolutions: each fold changes its own copy', async () => {
    const { ops } = await run((g) => {
      const x = g.input('x', 'float32', [1, 2, 4, 4])
      const w = g.constant(f32([1, -2, 3, 4], [2, 2, 1, 1]))
      const scaled = g.op('Mul', [g.op('Conv', [x, w]), g.constant(f32([2, 3], [2, 1, 1]))])
      g.output(g.op('Add', [scaled, g.op('Relu', [g.op('Conv', [x, w])])]), 'y')
    })
    expect([...ops].sort()).toEqual(['Add', 'Conv', 'Conv', 'Relu'])
  })

  test('values that subgraphs capture follow when their producer is replaced', async () => {
    await run((g) => {
      const [x, c] = [g.input('x', 'float32', [2, 3]), g.input('c', 'bool', [])]
      const t = g.op('Identity', [g.op('Relu', [g.op('Identity', [x])])])
      const branch = (op: string) =>
        g.subgraph(op, (inner) => inner.output(inner.op(op, [inner.op('Identity', [t])]), `${op}_out`))
      g.output(g.op('If', [c], { then_branch: branch('Exp'), else_branch: branch('Neg') }), 'y')
    })
  })

  test('a branch that returns an outer value keeps its Identity', async () => {
    const { ops } = await run((g) => {
      const [x, c] = [g.input('x', 'float32', [2]), g.input('c', 'bool', [])]
      const same = g.subgraph('same', (inner) => inner.output(inner.op('Identity', [x]), 'same_out'))
      const other = g.subgraph('other', (inner) => inner.output(inner.op('Exp', [x]), 'other_out'))
      g.output(g.op('If', [c], { then_branch: same, else_branch: other }), 'y')
    })
    expect(ops).toContain('Identity')
  })

  test.each([true, false])('an If with a constant condition (%s) is its branch', async (condition) => {
    const { ops } = await run((g) => {
      const x = g.input('x', 'float32', [2])
      const branch = (op: string) =>
        g.subgraph(op, (inner) =>
          inner.output(inner.op(op, [inner.op('Add', [x, inner.constant(f32([1]))])]), `${op}_out`),
        )
      g.output(
        g.op('If', [g.constant(Tensor.bool([condition], []))], {
          then_branch: branch('Exp'),
          else_branch: branch('Neg'),
        }),
        'y',
      )
    })
    expect(ops).toEqual(['Add', condition ? 'Exp' : 'Neg'])
  })

  test('bodies of loops are optimized too', async () => {
    const { ops } = await run((g) => {
      const x = g.input('x', 'float32', [2])
      const body = g.subgraph('body', (inner) => {
        inner.input('i', 'int64', [])
        const condition = inner.input('c', 'bool', [])
        const state = inner.input('s', 'float32', [2])
        inner.output(inner.op('Identity', [condition]), 'c_out')
        inner.output(
          inner.op('Identity', [
            inner.op('Mul', [inner.op('Mul', [state, inner.constant(f32([1]))]), inner.constant(f32([0.5]))]),
          ]),
          's_out',
        )
      })
      g.output(g.op('Loop', [g.constant(Tensor.int64([3], [])), g.constant(Tensor.bool([true], [])), x], { body }), 'y')
    })
    expect([...ops].sort()).toEqual(['Identity', 'Loop', 'Mul'])
  })

  test('inputs with default values become constants, or stay on request', async () => {
    const build = (g: GraphBuilder) => {
      const x = g.input('x', 'float32', [1, 2, 3, 3])
      const w = g.input('w', 'float32', [2, 2, 1, 1])
      w.tensor = f32([1, 2, 3, 4], [2, 2, 1, 1])
      g.graph.initializers.add(w)
      g.output(g.op('Mul', [g.op('Conv', [x, w]), g.constant(f32([2]))]), 'y')
    }
    const dropped = await run(build)
    expect(dropped.ops).toEqual(['Conv'])
    expect(dropped.after.graph.inputs.map(({ name }) => name)).toEqual(['x'])
    const kept = await run(build, { keepOverridable: true })
    expect(kept.ops).toEqual(['Conv', 'Mul'])
    expect(kept.after.graph.inputs.map(({ name }) => name)).toEqual(['x', 'w'])
  })

  test('training-mode operators are left alone', async () => {
    const { ops, skipped } = await run(
      (g) => {
        const x = g.input('x', 'float32', [4, 2, 3, 3])
        const ones = () => g.constant(f32([1, 1]))
        const conv = g.op('Conv', [x, g.constant(f32([1, 2, 3, 4], [2, 2, 1, 1]))])
        const bn = g.node('BatchNormalization', [conv, ones(), ones(), ones(), ones()], { training_mode: 1 }, 3)
        g.output(bn.outputs[0]!, 'y')
      },
      { opset: 15 },
    )
    expect(ops).toContain('BatchNormalization')
    expect(skipped.join()).toContain('training-mode')
  })

  test('no operator of a domain appears that was not there', async () => {
    const { after } = await run((g) => g.output(g.op('Mul', [g.input('x', 'float32', [2]), g.constant(f32([2]))]), 'y'))
    expect([...after.opsets.keys()]).toEqual([''])
    for (const node of after.allNodes()) expect(node.domain).toBe('')
  })
})

describe('functions', () => {
  /** Twice(a, slope) = a LeakyRelu'd with the caller's slope, plus itself; one optional input unused. */
  const withFunction = (g: GraphBuilder): void => {
    const { model } = g.graph
    model.opsets.set('my', 1)
    const body = new Graph(model, 'Twice')
    const a = new Value(body, 'a')
    a.isInput = true
    body.inputs.push(a)
    const patch = new Patch(model)
    const leaky = patch.append(body, {
      opType: 'LeakyRelu',
      inputs: [a],
      attributes: { alpha: { kind: 'reference', value: 'slope', type: 'float' } },
      name: 'l',
      from: [],
    })
    const sum = patch.append(body, { opType: 'Add', inputs: [leaky.outputs[0], leaky.outputs[0]], name: 's', from: [] })
    patch.appendOutput(body, sum.outputs[0]!)
    const twice = new FunctionBody('my', 'Twice', '', body, new Map([['slope', attr.float(0.5)]]), new Map([['', 17]]))
    model.functions.set(twice.key, twice)
  }

  test("a call is its body, with the caller's attributes or the defaults", async () => {
    const { ops, after } = await run(
      (g) => {
        withFunction(g)
        const x = g.input('x', 'float32', [3])
        const first = g.node('Twice', [x], { slope: attr.float(0.25) }, 1, 'my').outputs[0]!
        g.output(g.node('Twice', [first], {}, 1, 'my').outputs[0]!, 'y')
      },
      { passes: [inlineFunctions, ...cleanUpPasses] },
    )
    expect(ops).toEqual(['LeakyRelu', 'Add', 'LeakyRelu', 'Add'])
    const slopes = [...after.graph.nodes()].filter((node) => node.is('LeakyRelu')).map((node) => node.float('alpha'))
    expect(slopes).toEqual([0.25, 0.5])
    expect(after.functions.size).toBe(0)
  })
})

test('property: random graphs of shared values, branches and constants', async () => {
  const kinds = [
    'Add',
    'Mul',
    'Sub',
    'Max',
    'Relu',
    'Neg',
    'Exp',
    'Identity',
    'Transpose',
    'If',
    'Concat',
    'ReduceMean',
    'constant',
  ] as const
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(97), fc.nat(89)), { minLength: 3, maxLength: 14 }),
      async (steps) => {
        const build = (g: GraphBuilder) => {
          const condition = g.input('c', 'bool', [])
          const values = [g.input('x', 'float32', [3, 3]), g.op('Tanh', [g.input('z', 'float32', [3, 3])])]
          for (const [kind, p, q] of steps) {
            const [a, b] = [values[p % values.length]!, values[q % values.length]!]
            if (kind === 'constant')
              values.push(
                g.constant(
                  f32(
                    Array.from({ length: 9 }, (_, i) => ((i + p) % 5) / 4 - 0.5),
                    [3, 3],
                  ),
                ),
              )
            else if (kind === 'Transpose') values.push(g.op(kind, [a], { perm: [1, 0] }))
            else if (kind === 'Exp') values.push(g.op('Exp', [g.op('Tanh', [a])]))
            else if (kind === 'ReduceMean') values.push(g.op('Add', [b, g.op(kind, [a], { axes: attr.ints([p % 2]) })]))
            else if (kind === 'Concat')
              values.push(
                g.op('Slice', [
                  g.op(kind, [a, b], { axis: 0 }),
                  g.constant(i64(q % 3)),
                  g.constant(i64((q % 3) + 3)),
                  g.constant(i64(0)),
                ]),
              )
            else if (kind === 'If') {
              const branch = (op: string, value: Value) =>
                g.subgraph(op, (inner) =>
                  inner.output(inner.op(op, [inner.op('Identity', [value])]), `${op}${values.length}`),
                )
              values.push(
                g.op('If', [p % 3 === 0 ? g.constant(Tensor.bool([q % 2 === 0], [])) : condition], {
                  then_branch: branch('Neg', a),
                  else_branch: branch('Relu', b),
                }),
              )
            } else values.push(g.op(kind, ['Relu', 'Neg', 'Identity'].includes(kind) ? [a] : [a, b]))
          }
          // Sizes stay the same; magnitudes are tamed so that tolerances mean something.
          g.output(g.op('Tanh', [values.at(-1)!]), 'y')
          if (values.length > 3) g.output(g.op('Identity', [g.op('Tanh', [values[2]!])]), 'z2')
        }
        await run(build)
      },
    ),
    { numRuns: 60 },
  )
})
