import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { OperatorPredictor } from '../operator-model.js'
import { Predictor, predictorVersion } from '../predictor.js'
import { type Measurement, toMeasurement } from '../table/fields.js'
import { fitInteraction, type TimedNetwork } from './fit-interaction.js'
import { fitOperators } from './fit-operators.js'
import { fitTable } from './fit-table.js'

/** Matrix products whose latency is an overhead and a rate that falls off for narrow outputs. */
function row(inner: number, columns: number, rows: number, factor = 1, op = 'Gemm'): Measurement {
  const latencyMs = factor * (0.002 + (inner * columns * rows * (1 + 8 / columns)) / 4e7)
  const measured = toMeasurement({
    text: { kernel: 'matmul', op },
    numbers: { batch: 1, inChannels: inner, outChannels: columns, inHeight: rows, latencyMs },
    labels: { kernel: 'matmul', precision: '' },
    line: 2,
  })
  if ('reason' in measured) throw new Error(measured.reason)
  return measured
}

const random = new SeededRandom(5)
const draw = () => [random.integer(8, 512), random.integer(8, 512), random.integer(1, 64)] as const
const rows = Array.from({ length: 150 }, (_, i) => row(...draw(), i % 15 === 0 ? 2.5 : 1))
/** Another operator of the same kind, three times as slow. */
const others = Array.from({ length: 60 }, () => row(...draw(), 3, 'MatMul'))
const unseen = Array.from({ length: 60 }, () => row(...draw()))

describe('interpolation by operator', () => {
  const [model] = fitOperators([...rows, ...others], () => undefined)
  const predictor = new OperatorPredictor(model!)
  const errors = unseen.map((each) => Math.abs(predictor.logLatency(each) - Math.log(each.latencyMs)))

  test('predicts unseen sizes, though one row in fifteen was disturbed', () => {
    expect(errors.reduce((sum, each) => sum + each, 0) / errors.length).toBeLessThan(0.05)
  })

  test('its interval covers what it should', () => {
    const inside = errors.filter((each) => each <= model!.halfWidth).length / errors.length
    expect(inside).toBeGreaterThan(0.85)
  })

  test('a kind of one operator needs no models of operators', () => {
    expect(fitOperators(rows, () => undefined)).toEqual([])
  })

  test('a kind that is right leaves the operator next to nothing, one that is wrong leaves it all', () => {
    const shareBeside = (factor: number) =>
      fitOperators([...rows, ...others], ({ latencyMs }) => latencyMs * factor)[0]!.share
    expect(shareBeside(1)).toBeLessThan(0.01)
    expect(shareBeside(20)).toBeGreaterThan(0.99)
  })

  test('operator and kind have their shares of a prediction, as logarithms', () => {
    const table = { file: 'table.csv', sha256: '0', device: 'x', rows: [...rows, ...others] }
    const file = fitTable(table as never, { name: 'x', processors: 1, seed: 1, source: 'test' })
    expect(file.predictorVersion).toBe(predictorVersion)
    const operator = file.operators!.find(({ op }) => op === 'Gemm')!
    const shape = unseen[0]!
    const { operators: _, ...withoutOperators } = file
    const byKind = Math.log(new Predictor(withoutOperators).latencyMs(shape))
    const own = new OperatorPredictor(operator).logLatency(shape)
    const together = operator.share * own + (1 - operator.share) * byKind
    expect(Math.log(new Predictor(file).latencyMs(shape))).toBeCloseTo(together, 9)
  })
})

test('interaction: what calls, inputs, outputs and weights cost is found again', () => {
  const truth = (network: Omit<TimedNetwork, 'latencyMs'>): TimedNetwork => ({
    ...network,
    latencyMs:
      0.004 +
      0.001 * network.inputs +
      0.002 * network.outputs +
      1.05 * network.kernelMs +
      2e-9 * network.largeBytes +
      5e-9 * network.weightBytes,
  })
  const networks = Array.from({ length: 30 }, (_, i) =>
    truth({
      name: `${i}`,
      inputs: 1 + (i % 3),
      outputs: 1 + (i % 4),
      kernelMs: 0.01 * 1.3 ** i,
      largeBytes: i % 2 === 0 ? 4e6 * i : 0,
      weightBytes: i % 3 === 0 ? 3e5 * i : 1000,
    }),
  )
  const { halfWidth, ...found } = fitInteraction(networks, [])
  expect(found.callMs).toBeCloseTo(0.004, 5)
  expect(found.inputMs).toBeCloseTo(0.001, 5)
  expect(found.outputMs).toBeCloseTo(0.002, 5)
  expect(found.factor).toBeCloseTo(1.05, 4)
  expect(found.largeByteMs * 1e9).toBeCloseTo(2, 2)
  expect(found.weightByteMs * 1e9).toBeCloseTo(5, 2)
  expect(halfWidth).toBeLessThan(1e-3)
})
