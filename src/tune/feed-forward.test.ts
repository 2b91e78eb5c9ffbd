import { expect, test } from 'vitest'
import { dataSetOf, drawn } from '../../test/tune/samples.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { tuneClosedForm } from './closed-form.js'
import { measureFidelity } from './fidelity.js'

const [width, hidden, heads, tokens] = [8, 32, 2, 6]
const random = new SeededRandom(71)

interface Form {
  readonly activation: (g: GraphBuilder, x: Value) => Value
  /** Biases of the products. */
  readonly hasBias: boolean
}

const relu = (g: GraphBuilder, x: Value): Value => g.op('Relu', [x])
const number = (g: GraphBuilder, value: number) => g.constant(Tensor.float32([value], []))
/** x / 2 (1 + erf(x / sqrt 2)) */
function gelu(g: GraphBuilder, x: Value): Value {
  const erf = g.op('Erf', [g.op('Div', [x, number(g, Math.SQRT2)])])
  return g.op('Mul', [g.op('Mul', [x, g.op('Add', [erf, number(g, 1)])]), number(g, 0.5)])
}

function product(g: GraphBuilder, x: Value, [inputs, outputs]: readonly [number, number], hasBias: boolean): Value {
  const found = g.op('MatMul', [x, g.constant(drawn(random, [inputs, outputs], 4 / Math.sqrt(inputs)))])
  return hasBias ? g.op('Add', [found, g.constant(drawn(random, [outputs]))]) : found
}

const normalised = (g: GraphBuilder, x: Value): Value => {
  const ones = Tensor.float32(new Array<number>(width).fill(1), [width])
  return g.op('LayerNormalization', [x, g.constant(ones)], { axis: -1 })
}

function attention(g: GraphBuilder, x: Value, hasBias: boolean): Value {
  const split = (value: Value, perm: readonly number[]) =>
    g.op('Transpose', [g.op('Reshape', [value, g.constant(Tensor.int64([0, 0, heads, width / heads]))])], { perm })
  const [q, k, v] = [0, 1, 2].map(() => product(g, x, [width, width], hasBias)) as [Value, Value, Value]
  const scores = g.op('MatMul', [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])])
  const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), split(v, [0, 2, 1, 3])])
  const merged = g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] })
  return product(g, g.op('Reshape', [merged, g.constant(Tensor.int64([0, 0, width]))]), [width, width], hasBias)
}

/** A transformer encoder of [batch, tokens, width]: two blocks, and scores of their mean over the tokens. */
function encoder({ activation, hasBias }: Form): Model {
  const model = buildModel((g) => {
    let x = g.input('x', 'float32', ['n', tokens, width])
    for (const block of [0, 1]) {
      x = g.op('Add', [x, attention(g, normalised(g, x), hasBias)])
      const inside = activation(g, product(g, normalised(g, x), [width, hidden], hasBias))
      inside.name = `inside${block}`
      x = g.op('Add', [x, product(g, inside, [hidden, width], hasBias)])
    }
    const mean = g.op('ReduceMean', [normalised(g, x)], { axes: [1], keepdims: 0 })
    g.output(product(g, mean, [width, 5], hasBias), 'y')
  })
  inferTypes(model)
  return model
}

/** Three products over [batch, tokens, width]. */
function perceptron({ activation, hasBias }: Form): Model {
  const model = buildModel((g) => {
    let x = g.input('x', 'float32', ['n', tokens, width])
    for (const layer of [0, 1]) {
      x = activation(g, product(g, x, [layer === 0 ? width : hidden, hidden], hasBias))
      x.name = `inside${layer}`
    }
    g.output(product(g, x, [hidden, 5], hasBias), 'y')
  })
  inferTypes(model)
  return model
}

/** Vectors near a plane, as what trained layers see is: some of the hidden channels are nearly those of others. */
const mix = drawn(random, [3, width], 2).numbers()
function sequence(): Tensor {
  const values = Float32Array.from({ length: tokens * width }, () => 0.1 * random.uniform())
  for (let t = 0; t < tokens; t++) {
    for (let source = 0; source < 3; source++) {
      const share = random.uniform() * 2 - 1
      for (let i = 0; i < width; i++) values[t * width + i]! += share * mix[source * width + i]!
    }
  }
  return Tensor.fromArray('float32', [1, tokens, width], values)
}

const sequences = (count: number) => dataSetOf(Array.from({ length: count }, () => ({ x: sequence() })))

const forms: readonly [string, Form][] = [
  ['ReLU', { activation: relu, hasBias: true }],
  ['GELU', { activation: gelu, hasBias: true }],
  ['ReLU, products without biases', { activation: relu, hasBias: false }],
]

/** 1 - cosine at the output on samples that nothing was fitted to, with weights as they are and refitted; the layers refitted. */
async function errors(original: Model, narrowed: readonly string[]) {
  const decisions = narrowed.map((group) => ({ kind: 'width', group, size: (hidden * 3) / 4 }) as const)
  const [data, held] = [sequences(80), sequences(24)]
  const errorOf = async (isTuned: boolean) => {
    const { model, correspondence, fitted } = applyRecipe(original, { recipeVersion: 1, decisions })
    const request = { teacher: original, student: model, correspondence, fitted, data, options: {} }
    const layers = isTuned ? (await tuneClosedForm(request)).layers : []
    const places = [{ at: 'y', value: model.graph.outputs[0]! }]
    const { cosine } = await measureFidelity({ teacher: original, student: model, correspondence, places, data: held })
    return { error: 1 - cosine, layers: layers.map(({ layer }) => layer), fitted: fitted.map(({ node }) => node.label) }
  }
  return { plain: await errorOf(false), refitted: await errorOf(true) }
}

test.each(forms)('feed-forward layers of a transformer narrowed by a quarter: %s', async (_, form) => {
  const { plain, refitted } = await errors(encoder(form), ['inside0', 'inside1'])
  expect(refitted.fitted).toHaveLength(2)
  expect(refitted.layers).toEqual(expect.arrayContaining(refitted.fitted))
  expect(refitted.error).toBeLessThan(plain.error / 4)
})

test.each(forms)('a narrowed product is fitted with the one behind its activation: %s', async (_, form) => {
  const original = perceptron(form)
  const { plain, refitted } = await errors(original, ['inside0'])
  // The one that reads what was narrowed, and the next.
  const products = [...original.graph.nodes()].filter((node) => node.is('MatMul')).map(({ label }) => label)
  expect(refitted.layers).toEqual(products.slice(1))
  expect(refitted.error).toBeLessThan(plain.error / 4)
})
