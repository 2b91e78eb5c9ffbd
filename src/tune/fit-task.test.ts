import { expect, test } from 'vitest'
import { dataSetOf, drawn } from '../../test/tune/samples.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Correspondence } from '../passes/architecture/correspondence.js'
import { cloneModel } from '../passes/clone-model.js'
import { SeededRandom } from '../runtime/random.js'
import { type FitTask, planSteps } from './fit-task.js'

const random = new SeededRandom(61)

/** A named convolution. */
const conv = (g: GraphBuilder, x: Value, name: string, dims: readonly number[], attributes = {}): Value => {
  const y = g.op('Conv', [x, g.constant(drawn(random, dims))], attributes)
  y.name = name
  return y
}
const named = (value: Value, name: string): Value => {
  value.name = name
  return value
}

interface Case {
  readonly title: string
  readonly build: (g: GraphBuilder, stem: Value) => Value
  /** Outputs of layers with new weights. */
  readonly fitted: readonly string[]
  /** Of each step: its kind, then of each layer the target, and + what is added. */
  readonly steps: readonly string[]
}

const cases: readonly Case[] = [
  {
    title: 'a layer, its activation and the next one are a pair, fitted to the sum',
    build: (g, stem) =>
      named(
        g.op('Add', [
          stem,
          conv(g, g.op('Relu', [conv(g, stem, 'a', [8, 4, 3, 3], { pads: [1, 1, 1, 1] })]), 'b', [4, 8, 1, 1]),
        ]),
        'sum',
      ),
    fitted: ['a'],
    steps: ['pair a, sum + stem', 'downstream y'],
  },
  {
    title: 'products with biases, an activation between them, are a pair too',
    build: (g, stem) => {
      const rows = g.op('Transpose', [stem], { perm: [0, 2, 3, 1] })
      const product = (x: Value, name: string, dims: readonly number[]) => {
        const y = g.op('MatMul', [x, g.constant(drawn(random, dims))])
        y.name = name
        return named(g.op('Add', [y, g.constant(drawn(random, [dims[1]!]))]), `${name} + bias`)
      }
      const inside = g.op('Relu', [product(rows, 'a', [4, 8])])
      const sum = named(g.op('Add', [rows, product(inside, 'b', [8, 4])]), 'sum')
      return g.op('Transpose', [sum], { perm: [0, 3, 1, 2] })
    },
    fitted: ['a'],
    steps: [`pair a + bias, sum + Transpose`, 'downstream y'],
  },
  {
    title: 'what is added with other sizes is no residual path',
    build: (g, stem) => {
      const mean = g.op('GlobalAveragePool', [stem])
      return named(g.op('Add', [conv(g, stem, 'wide', [4, 4, 1, 1]), conv(g, mean, 'a', [4, 4, 1, 1])]), 'sum')
    },
    fitted: ['wide', 'a'],
    steps: ['layer wide', 'layer a', 'downstream y'],
  },
  {
    title: 'what is added but computed later is not known yet',
    build: (g, stem) =>
      named(g.op('Add', [conv(g, stem, 'a', [4, 4, 1, 1]), conv(g, stem, 'later', [4, 4, 1, 1])]), 'sum'),
    fitted: ['a'],
    steps: ['layer a', 'downstream sum + a', 'downstream y'],
  },
  {
    title: 'a sum with a constant is an activation of the layer, not its target',
    build: (g, stem) =>
      named(g.op('Add', [conv(g, stem, 'a', [4, 4, 1, 1]), g.constant(drawn(random, [1, 4, 5, 5]))]), 'sum'),
    fitted: ['a'],
    steps: ['layer a', 'downstream y'],
  },
  {
    title: 'grouped layers are fitted alone, and not downstream',
    build: (g, stem) => {
      const a = conv(g, stem, 'a', [4, 2, 1, 1], { group: 2 })
      return conv(g, g.op('Relu', [conv(g, g.op('Relu', [a]), 'b', [4, 2, 1, 1], { group: 2 })]), 'c', [4, 4, 1, 1])
    },
    fitted: ['a'],
    steps: ['layer a', 'downstream c', 'downstream y'],
  },
  {
    title: 'a layer in front of an activation stays, unless it has new weights',
    build: (g, stem) => {
      const a = conv(g, stem, 'a', [4, 4, 3, 3], { pads: [1, 1, 1, 1] })
      const b = conv(g, g.op('MaxPool', [a], { kernel_shape: [1, 1] }), 'b', [4, 4, 1, 1])
      return g.op('Relu', [b])
    },
    fitted: ['a'],
    steps: ['layer a', 'downstream y'],
  },
  {
    title: 'nothing with new weights: nothing to fit',
    build: (g, stem) => conv(g, stem, 'a', [4, 4, 1, 1]),
    fitted: [],
    steps: [],
  },
]

test.each(cases)('$title', ({ build, fitted, steps }) => {
  const teacher = buildModel((g) => {
    const stem = conv(g, g.input('x', 'float32', ['n', 3, 5, 5]), 'stem', [4, 3, 1, 1])
    g.output(conv(g, build(g, stem), 'y', [2, 4, 1, 1]))
  })
  inferTypes(teacher)
  const student = cloneModel(teacher)
  const nodes = [...student.graph.nodes()].filter((node) => fitted.includes(node.outputs[0]!.name))
  const planned = planSteps({
    teacher,
    student,
    correspondence: new Correspondence(),
    fitted: nodes.map((node) => ({ node, target: node.outputs[0]!.name })),
    data: dataSetOf([]),
    options: {},
  })
  const wordsOf = ({ target, residual }: FitTask) => (residual === undefined ? target : `${target} + ${residual.name}`)
  const found = planned.map((step) => {
    const tasks = step.kind === 'pair' ? [step.first, step.second] : [step.task]
    return `${step.kind} ${tasks.map(wordsOf).join(', ')}`
  })
  expect(found).toEqual(steps)
})
