import { describe, expect, test } from 'vitest'
import { accuracyCells } from './accuracy-rows.js'
import { terminalAccuracy } from './accuracy-view.js'
import type { AccuracyEntry } from './report.js'
import { accuracyTable, colorsFor } from './terminal.js'

const base = { metric: 'm', higherIsBetter: true, samples: 10, beforeInterval: [0, 1], afterInterval: [0, 1] } as const
const entry: AccuracyEntry = {
  ...base,
  title: 'top-1 accuracy',
  unit: 'share',
  before: 0.841,
  after: 0.83,
  drop: 0.011,
  dropInterval: [-0.002, 0.024],
  data: 'x.npy',
  confidence: 0.95,
  gate: { verdict: 'failed', maxDrop: 0.01, reason: 'the drop is 0.011, allowed 0.01' },
  others: [
    { ...base, title: 'cosine', unit: 'number', before: 1, after: 0.99, drop: 0.01, dropInterval: [0.005, 0.02] },
    {
      ...base,
      title: 'noise',
      unit: 'decibels',
      before: Number.POSITIVE_INFINITY,
      after: 21.04,
      drop: Number.POSITIVE_INFINITY,
      dropInterval: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    },
    { ...base, title: 'KL', unit: 'nats', before: 0, after: 0.25, drop: 0.25, dropInterval: [0.2, 0.3] },
    {
      ...base,
      title: 'nothing',
      unit: 'share',
      before: Number.NaN,
      after: Number.NaN,
      drop: Number.NaN,
      dropInterval: [Number.NaN, Number.NaN],
    },
  ],
}

describe('accuracy', () => {
  test('figures in the unit of their metric', () => {
    expect(accuracyCells(entry)).toEqual([
      ['top-1 accuracy', '84.10 %', '83.00 %', '1.10 points', '-0.20 to 2.40 points'],
      ['cosine', '1.00000', '0.99000', '0.01000', '0.00500 to 0.02000'],
      ['noise', 'exact', '21.0 dB', '-', '-'],
      ['KL', '0.000 nats', '0.250 nats', '0.250 nats', '0.200 nats to 0.300 nats'],
      ['nothing', 'none', 'none', '-', '-'],
    ])
  })
  test('the verdict is under the table, unless nobody asked', () => {
    const colors = colorsFor(false)
    expect(accuracyTable(entry, colors)).toMatch(/\nfailed: the drop is 0\.011, allowed 0\.01$/)
    const silent = { ...entry, gate: { verdict: 'none', maxDrop: null, reason: '-' } } as const
    expect(accuracyTable(silent, colors)).not.toMatch(/none:/)
    const check = { data: 'x.npy', samples: 1234, file: 'a.onnx', comparisons: [{ ...entry, file: 'b.onnx' }] }
    expect(terminalAccuracy(check, colors)).toMatch(/^accuracy on x\.npy, 1,234 samples\na\.onnx to b\.onnx\n/)
  })
})
