import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../test/architecture/run-model.js'
import { dataSetOf, drawn } from '../../test/tune/samples.js'
import type { DataSet } from '../accuracy/data-set.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Patch } from '../ir/patch.js'
import { Tensor } from '../ir/tensor.js'
import { cloneModel, rootNode } from '../passes/clone-model.js'
import { SeededRandom } from '../runtime/random.js'
import { Runtime } from '../runtime/session.js'
import { linearLayer } from './linear-layer.js'
import { knownPositions, pickedOf } from './picked-positions.js'
import { pickedName, StudentWalk, type Wanted } from './student-walk.js'

const random = new SeededRandom(17)
const draw = (...dims: number[]) => drawn(random, dims)
const conv = (g: GraphBuilder, x: Value, dims: readonly number[], attributes = {}) =>
  g.op('Conv', [x, g.constant(drawn(random, dims)), g.constant(draw(dims[0]!))], attributes)
const ints = (g: GraphBuilder, ...values: number[]) => g.constant(Tensor.int64(values))

/** Wide between narrow, with a residual path around it. */
function bottleneck(g: GraphBuilder, x: Value, channels: number): Value {
  const wide = g.op('Relu', [conv(g, x, [4 * channels, channels, 1, 1])])
  const depth = conv(g, wide, [4 * channels, 1, 3, 3], { group: 4 * channels, pads: [1, 1, 1, 1] })
  return g.op('Add', [x, conv(g, g.op('Relu', [depth]), [channels, 4 * channels, 1, 1])])
}

interface Case {
  readonly title: string
  readonly build: (g: GraphBuilder) => void
  /** Inputs of each sample. */
  readonly samples: readonly Readonly<Record<string, Tensor>>[]
}

const images = (count: number, dims = [1, 2, 4, 5]) => Array.from({ length: count }, () => ({ x: draw(...dims) }))

const cases: readonly Case[] = [
  {
    title: 'two bottlenecks with residual paths, and the first stem again at the end',
    samples: images(5),
    build(g) {
      const stem = conv(g, g.input('x', 'float32', ['n', 2, 4, 5]), [3, 2, 1, 1])
      const last = bottleneck(g, bottleneck(g, stem, 3), 3)
      g.output(g.op('Concat', [last, stem], { axis: 1 }), 'y')
    },
  },
  {
    title: 'inputs that are read late, and two outputs',
    samples: Array.from({ length: 4 }, () => ({ x: draw(1, 2, 4, 4), late: draw(1, 3, 4, 4) })),
    build(g) {
      const [x, late] = [g.input('x', 'float32', ['n', 2, 4, 4]), g.input('late', 'float32', ['n', 3, 4, 4])]
      const first = bottleneck(g, conv(g, x, [3, 2, 1, 1]), 3)
      g.output(conv(g, first, [2, 3, 1, 1]), 'early')
      const sum = g.op('Add', [g.op('Relu', [first]), late])
      g.output(conv(g, g.op('Concat', [sum, x], { axis: 1 }), [2, 5, 3, 3]), 'y')
    },
  },
  {
    title: 'a fixed batch of one',
    samples: images(3),
    build(g) {
      g.output(bottleneck(g, conv(g, g.input('x', 'float32', [1, 2, 4, 5]), [3, 2, 1, 1]), 3), 'y')
    },
  },
  {
    title: 'a fixed batch of three, and samples that do not fill the last one',
    samples: images(4),
    build(g) {
      g.output(bottleneck(g, conv(g, g.input('x', 'float32', [3, 2, 4, 5]), [3, 2, 1, 1]), 3), 'y')
    },
  },
  {
    title: 'values without a batch axis: sizes that are read from an early value, and a computed constant',
    samples: images(4),
    build(g) {
      const x = g.input('x', 'float32', ['n', 2, 4, 5])
      const stem = conv(g, x, [3, 2, 1, 1])
      const batch = g.op('Gather', [g.op('Shape', [stem]), ints(g, 0)])
      const sizes = g.op('Concat', [batch, ints(g, -1)], { axis: 0 })
      const offsets = g.op('Mul', [g.constant(draw(1, 60)), g.constant(draw(1, 60))])
      const flat = g.op('Reshape', [bottleneck(g, stem, 3), sizes])
      g.output(g.op('Gemm', [g.op('Add', [flat, offsets]), g.constant(draw(60, 4))]), 'y')
    },
  },
  {
    title: 'a leading axis that is no batch: tokens of a fixed batch of one, windows of an open one',
    samples: images(3, [1, 2, 4, 4]),
    build(g) {
      const stem = conv(g, g.input('x', 'float32', [1, 2, 4, 4]), [3, 2, 1, 1])
      const tokens = g.op('Reshape', [g.op('Transpose', [stem], { perm: [0, 2, 3, 1] }), ints(g, -1, 3)])
      const wide = g.op('Relu', [g.op('Gemm', [tokens, g.constant(draw(3, 12)), g.constant(draw(12))])])
      const narrow = g.op('Gemm', [wide, g.constant(draw(12, 3)), g.constant(draw(3))])
      const out = g.op('Gemm', [g.op('Add', [tokens, narrow]), g.constant(draw(3, 2))])
      g.output(g.op('Reshape', [out, ints(g, 1, -1)]), 'y')
    },
  },
  {
    title: 'windows as a batch',
    samples: images(3, [1, 2, 4, 4]),
    build(g) {
      const stem = conv(g, g.input('x', 'float32', ['n', 2, 4, 4]), [4, 2, 1, 1])
      const windows = g.op('Reshape', [stem, ints(g, -1, 4, 2, 2)])
      const wide = g.op('Relu', [conv(g, windows, [8, 4, 1, 1])])
      g.output(g.op('Reshape', [conv(g, wide, [4, 8, 1, 1]), ints(g, -1, 4, 4, 4)]), 'y')
    },
  },
  {
    title: 'a subgraph that captures what was computed long before',
    samples: images(4),
    build(g) {
      const stem = conv(g, g.input('x', 'float32', ['n', 2, 4, 5]), [3, 2, 1, 1])
      const last = bottleneck(g, stem, 3)
      const energy = g.op('ReduceMax', [last], { keepdims: 0 })
      const isLoud = g.op('Greater', [energy, g.constant(Tensor.float32([1.5], []))])
      const branches = {
        then_branch: g.subgraph('then', (inner) => inner.output(inner.op('Sub', [last, stem]), 'loud')),
        else_branch: g.subgraph('else', (inner) => inner.output(inner.op('Relu', [stem]), 'quiet')),
      }
      const { outputs } = g.node('If', [isLoud], branches)
      g.output(conv(g, outputs[0]!, [2, 3, 1, 1]), 'y')
    },
  },
  {
    title: 'samples of different sizes',
    samples: [
      [6, 4],
      [4, 6],
      [5, 5],
      [8, 3],
    ].map(([h, w]) => ({ x: draw(1, 2, h!, w!) })),
    build(g) {
      const stem = conv(g, g.input('x', 'float32', ['n', 2, 'h', 'w']), [3, 2, 1, 1])
      g.output(g.op('GlobalAveragePool', [bottleneck(g, stem, 3)]), 'y')
    },
  },
  {
    title: 'outputs that are constants or inputs',
    samples: images(3),
    build(g) {
      const x = g.input('x', 'float32', ['n', 2, 4, 5])
      g.output(bottleneck(g, conv(g, x, [3, 2, 1, 1]), 3), 'y')
      g.output(g.constant(draw(4, 2), 'anchors'))
      g.output(x)
    },
  },
]

const built = ({ build }: Pick<Case, 'build'>): Model => {
  const model = buildModel(build)
  inferTypes(model)
  return model
}

const runtime = new Runtime()
afterAll(() => runtime.close())

/** All values that nodes of the main graph compute, sample by sample, from plain runs; inputs too. */
async function plainRuns(model: Model, { samples }: Pick<Case, 'samples'>): Promise<ReadonlyMap<string, Tensor>[]> {
  const copy = cloneModel(model)
  const patch = new Patch(copy)
  for (const node of copy.graph.nodes()) {
    for (const value of node.outputs) {
      if (value === undefined || value.isGraphOutput) continue
      value.claim ??= value.type
      patch.appendOutput(copy.graph, value)
    }
  }
  const fixed = model.graph.inputs[0]!.type
  const dim = fixed?.kind === 'tensor' ? fixed.dims?.[0] : undefined
  const batch = typeof dim === 'number' ? dim : 1
  const found: ReadonlyMap<string, Tensor>[] = []
  for (const sample of samples) {
    const repeated = await dataSetOf([sample]).batch(new Array<number>(batch).fill(0))
    const results = await run(runtime, copy, repeated)
    const first = [...results].map(([name, tensor]) => [name, batch === 1 ? tensor : firstOf(tensor, batch)] as const)
    found.push(new Map([...Object.entries(sample), ...first]))
  }
  return found
}

const firstOf = (tensor: Tensor, batch: number): Tensor =>
  tensor.dims[0] === batch
    ? Tensor.fromBytes(
        tensor.dtype,
        [1, ...tensor.dims.slice(1)],
        tensor.bytes().subarray(0, tensor.byteLength / batch),
      )
    : tensor

/** Values that a node or one behind it reads: what a walk has at hand there. */
function atHand(model: Model, node: Node): Value[] {
  const nodes = [...model.graph.nodes()]
  const until = nodes.indexOf(node)
  const isRead = (value: Value) => [...value.users.keys()].some((user) => nodes.indexOf(rootNode(user)) >= until)
  const computed = nodes.slice(0, until).flatMap(({ outputs }) => outputs as Value[])
  return [...model.graph.inputs, ...computed].filter(isRead)
}

function expectAlike(found: Tensor | undefined, expected: Tensor): void {
  expect(found?.dims).toEqual(expected.dims)
  const [a, b] = [found!.numbers(), expected.numbers()]
  for (let i = 0; i < b.length; i++) expect(a[i]).toBeCloseTo(b[i]!, 4)
}

const open = (model: Model, data: DataSet) => StudentWalk.open(model, data, runtime, {})

describe('a walk through a model', () => {
  test.each(cases)('$title: values are those of plain runs, wherever it stops', async (each) => {
    const model = built(each)
    const nodes = [...model.graph.nodes()]
    const expected = await plainRuns(model, each)
    const data = dataSetOf(each.samples)
    // Places, not nodes: a counterexample is printed.
    const stops = fc.subarray([...nodes.keys()], { minLength: 1 })
    const property = fc.asyncProperty(stops, fc.nat(), async (chosen, seed) => {
      const choices = new SeededRandom(seed)
      const choose = () => choices.integer(0, 3)
      const walk = await open(model, data)
      try {
        for (const place of chosen) {
          const node = nodes[place]!
          const wanted: Wanted[] = atHand(model, node).flatMap((value) => {
            const choice = choose()
            const canPick = knownPositions(value) !== undefined
            const whole = choice % 2 === 0 ? [{ value }] : []
            return choice > 1 && canPick ? [...whole, { value, picked: 1 + choose() }] : whole
          })
          let sample = 0
          for await (const found of walk.upTo(node, wanted)) {
            expect(found.sample).toBe(sample)
            for (const { value, picked } of wanted) {
              const plain = expected[sample]!.get(value.name)!
              if (picked === undefined) expectAlike(found.values.get(value.name), plain)
              else expectAlike(found.values.get(pickedName(value.name)), pickedOf(plain, picked))
            }
            sample += 1
          }
          expect(sample).toBe(data.count)
          if (choose() > 0) continue
          for await (const { sample: at, values } of walk.outputs([data.count - 1, 0]))
            for (const { name, tensor } of model.graph.outputs)
              expectAlike(values.get(name), tensor ?? expected[at]!.get(name)!)
        }
      } finally {
        await walk.close()
      }
    })
    await fc.assert(property, { numRuns: 2, seed: 1, examples: [[[...nodes.keys()], 1]], endOnFailure: true })
  })

  test('weights that change ahead of it show, and those behind it have shown', async () => {
    const each = cases[0]!
    const model = built(each)
    const data = dataSetOf(each.samples)
    const walk = await open(model, data)
    try {
      const layers = [...model.graph.nodes()].filter((node) => node.is('Conv'))
      for (const node of layers) {
        const input = node.inputs[0]!
        const expected = await plainRuns(model, each)
        for await (const { sample, values } of walk.upTo(node, [{ value: input }]))
          expectAlike(values.get(input.name), expected[sample]!.get(input.name)!)
        const layer = linearLayer(node)!
        const groups = Array.from({ length: layer.groups }, (_, group) => layer.weights(group))
        const patch = new Patch(model)
        layer.write(
          patch,
          groups.map((weights) => weights.map((value) => value + random.uniform() - 0.5)),
        )
        patch.collectGarbage(() => true)
        const after = await plainRuns(model, each)
        for await (const { sample, values } of walk.outputs([0, 3]))
          expectAlike(values.get('y'), after[sample]!.get('y')!)
      }
    } finally {
      await walk.close()
    }
  })

  test('what the model does is asked of it once a stretch: wide values are computed, not kept', async () => {
    const each = cases[0]!
    const model = built(each)
    let asked = 0
    const data = dataSetOf(each.samples)
    const counted: DataSet = {
      ...data,
      batch: (samples) => {
        asked += samples.length
        return data.batch(samples)
      },
    }
    const walk = await open(model, counted)
    try {
      const layers = [...model.graph.nodes()].filter((node) => node.is('Conv'))
      for (const node of layers.slice(1)) for await (const _ of walk.upTo(node, [{ value: node.inputs[0]! }]));
    } finally {
      await walk.close()
    }
    expect(asked).toBe(data.count)
  })
})
