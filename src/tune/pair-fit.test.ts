import { afterAll, describe, expect, test } from 'vitest'
import { type ActivationForm, activate } from '../../test/architecture/bottleneck.js'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import { Runtime } from '../runtime/session.js'
import { type ActivationChain, activationBetween } from './activation-chain.js'
import { efforts } from './effort.js'
import type { Rows } from './feature-rows.js'
import { smallNormalEquations } from './normal-equations.js'
import { fitPair, type Pair } from './pair-fit.js'
import { Ridge } from './ridge.js'

const random = new SeededRandom(31)
const draw = (length: number, scale: number) => Float64Array.from({ length }, () => (random.uniform() - 0.5) * scale)
/** Features with the 1 at the end, where the first layer has a bias. */
const [features, middle, outputs] = [6, 5, 3]

function chainOf(form: ActivationForm): ActivationChain {
  const model = buildModel(
    (g) => {
      const weight = () => g.constant(Tensor.float32([...draw(4, 1)], [2, 2, 1, 1]))
      const first = g.op('Conv', [g.input('x', 'float32', [1, 2, 3, 3]), weight()])
      g.output(g.op('Conv', [activate(g, first, form, 2), weight()]), 'y')
    },
    { opset: form === 'Silu' ? 24 : 17, irVersion: 10 },
  )
  inferTypes(model)
  return activationBetween(model.graph.first!.outputs[0]!, model.graph.last!.inputs[0]!)!
}

const functions: Readonly<Record<string, (u: number) => number>> = {
  Relu: (u) => Math.max(u, 0),
  Relu6: (u) => Math.min(Math.max(u, 0), 6),
  HardSwish: (u) => (u * Math.min(Math.max(u + 3, 0), 6)) / 6,
  Silu: (u) => u / (1 + Math.exp(-u)),
  'Silu written out': (u) => u / (1 + Math.exp(-u)),
}

/** What a pair gives for rows of features. */
function outputsOf({ first, second }: Pair, x: Float32Array, f: (u: number) => number): Float32Array {
  const count = x.length / features
  const y = new Float32Array(count * outputs)
  for (let n = 0; n < count; n++) {
    for (let m = 0; m < second.length / outputs; m++) {
      let u = 0
      for (let i = 0; m < middle && i < features; i++) u += x[n * features + i]! * first[i * middle + m]!
      const h = m === middle ? 1 : f(u)
      for (let o = 0; o < outputs; o++) y[n * outputs + o]! += h * second[m * outputs + o]!
    }
  }
  return y
}

function rowsOf(count: number, pair: Pair, f: (u: number) => number, hasBias = true): Rows {
  const values = draw(count * features, 4)
  const x = Float32Array.from(values, (value, i) => (hasBias && i % features === features - 1 ? 1 : value))
  return { count, hasBias, features: x, targets: outputsOf(pair, x, f) }
}

/** Energy of the error over that of the targets. */
function errorOf(pair: Pair, { features: x, targets }: Rows, f: (u: number) => number): number {
  const found = outputsOf(pair, x, f)
  const energy = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0)
  return energy(found.map((value, i) => value - targets[i]!)) / Math.max(energy(targets), Number.MIN_VALUE)
}

const near = (weights: Float64Array, distance: number) =>
  weights.map((value) => value + distance * (random.uniform() - 0.5))

const runtime = new Runtime()
afterAll(() => runtime.close())

const fit = (form: ActivationForm, start: Pair, rows: readonly Rows[], heldOut: readonly Rows[]): Promise<Pair> =>
  fitPair(runtime, 1, {
    start,
    features,
    middle,
    outputs,
    hasBias: start.second.length > middle * outputs,
    activation: chainOf(form),
    opset: form === 'Silu' ? 24 : 17,
    inverse: new Ridge(smallNormalEquations(rows[0]!), 1e-3).inverse(),
    rows,
    heldOut,
    effort: efforts.full,
  })

const truth: Pair = { first: draw(features * middle, 2), second: draw((middle + 1) * outputs, 2) }

describe('two layers with an activation between them', () => {
  test.each(['Relu', 'Relu6', 'HardSwish', 'Silu', 'Silu written out'] as const)(
    '%s: a pair that exists is found again',
    async (form) => {
      const f = functions[form]!
      const [rows, heldOut, fresh] = [rowsOf(600, truth, f), rowsOf(150, truth, f), rowsOf(150, truth, f)]
      const start = { first: near(truth.first, 0.5), second: near(truth.second, 1) }
      const found = await fit(form, start, [rows], [heldOut])
      expect(errorOf(start, fresh, f)).toBeGreaterThan(0.01)
      expect(errorOf(found, fresh, f)).toBeLessThan(1e-3)
    },
  )

  test.each([
    ['the first', false, true],
    ['the second', true, false],
    ['both', false, false],
  ])('without a bias of %s', async (_, hasFirst, hasSecond) => {
    const f = functions['Relu']!
    const pair = { first: truth.first, second: truth.second.slice(0, (hasSecond ? middle + 1 : middle) * outputs) }
    const [rows, heldOut, fresh] = [
      rowsOf(600, pair, f, hasFirst),
      rowsOf(150, pair, f, hasFirst),
      rowsOf(150, pair, f, hasFirst),
    ]
    const start = { first: near(pair.first, 0.5), second: near(pair.second, 1) }
    const found = await fit('Relu', start, [rows], [heldOut])
    expect(found.second.length).toBe(pair.second.length)
    expect(errorOf(start, fresh, f)).toBeGreaterThan(0.01)
    expect(errorOf(found, fresh, f)).toBeLessThan(1e-3)
  })

  test('rows in several chunks are the same rows', async () => {
    const f = functions['Relu']!
    const [a, b, heldOut] = [rowsOf(200, truth, f), rowsOf(70, truth, f), rowsOf(60, truth, f)]
    const both = {
      count: 270,
      hasBias: true,
      features: Float32Array.of(...a.features, ...b.features),
      targets: Float32Array.of(...a.targets, ...b.targets),
    }
    const start = { first: near(truth.first, 0.5), second: near(truth.second, 1) }
    const [whole, parts] = [await fit('Relu', start, [both], [heldOut]), await fit('Relu', start, [a, b], [heldOut])]
    expect(Math.abs(errorOf(whole, heldOut, f) - errorOf(parts, heldOut, f))).toBeLessThan(1e-4)
  })

  test('held-out rows are never worse off than with the start, even if the rows are of something else', async () => {
    const f = functions['Relu6']!
    for (let round = 0; round < 3; round++) {
      const other: Pair = { first: draw(features * middle, 2), second: draw((middle + 1) * outputs, 2) }
      const [rows, heldOut] = [rowsOf(8 + 40 * round, other, f), rowsOf(60, truth, f)]
      const start = { first: near(truth.first, 0.3), second: near(truth.second, 0.3) }
      const found = await fit('Relu6', start, [rows], [heldOut])
      expect(errorOf(found, heldOut, f)).toBeLessThanOrEqual(errorOf(start, heldOut, f) * (1 + 1e-5))
    }
  })

  test('a second layer of zeros that is to give zeros stays', async () => {
    const silent: Pair = { first: truth.first, second: new Float64Array((middle + 1) * outputs) }
    const f = functions['Relu']!
    const rows = rowsOf(50, silent, f)
    const found = await fit('Relu', silent, [rows], [rows])
    expect([...found.second].every((value) => value === 0)).toBe(true)
  })
})
