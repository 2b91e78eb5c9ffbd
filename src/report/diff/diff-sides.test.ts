import { describe, expect, test } from 'vitest'
import type { Metrics } from '../../estimator/metrics.js'
import type { DecisionEntry, Report } from '../report.js'
import { colorsFor } from '../terminal.js'
import { parseAssertion } from './assertions.js'
import { diffSides } from './diff-sides.js'
import { markdownDiff } from './markdown.js'
import { diffRecord } from './record.js'
import { type Side, type SideAccuracy, sideOfReport } from './side.js'
import { terminalDiff } from './terminal.js'

const metrics = (latencyMs: number): Metrics => ({
  latencyMs,
  latencyMsInterval: [latencyMs, latencyMs],
  energyMj: 1,
  energy: {
    perInferenceMj: 1,
    macMj: 0.5,
    sramMj: 0.25,
    dramMj: 0.25,
    onChipPicojoulesPerMac: 2.5,
    plausible: true,
    users: 1_000_000,
    inferencesPerUserPerDay: 1,
    kWhPerDay: 1 / 3600,
    kWhPerYear: 365 / 3600,
    source: 'none',
  },
  macs: 3e8,
  parameters: 3_500_000,
  weightBytes: 3_500_000,
  peakActivationBytes: 1_200_000,
  memory: {
    peakBytes: 1_200_000,
    peakKernel: 'conv',
    lowerBoundBytes: 1_200_000,
    provedOptimal: true,
    givenOrderPeakBytes: 1_200_000,
    reordered: false,
    inPlace: 0,
    arenaBytes: 1_200_000,
    sramBytes: 1_048_576,
    sramIsCache: false,
    onChipPeakBytes: 0,
    overflowBytes: 0,
    residentWeightBytes: 0,
    streamedWeightBytes: 3_500_000,
    fitsSram: false,
    fitsSramWithWeights: false,
    timeline: [{ kernel: 'conv', liveBytes: 1_200_000, onChipBytes: 0, fitsSram: false }],
  },
  dramBytes: 5_000_000,
  precision: 'int8',
  assumptions: [],
  kernels: [],
})

const side = (file: string, latencyMs: number, bytes: number): Side => ({
  file,
  facts: { file, sha256: '0'.repeat(64), bytes, nodes: 100, parameters: 3_500_000 },
  metrics: metrics(latencyMs),
})

const figures = { latencyMs: 2, macs: 1e6, parameters: 100, peakActivationBytes: 1000 }
const fused = (block: number): DecisionEntry => ({
  decision: { kind: 'block', block, alternative: 'fused' },
  place: `block ${block} "a|b"`,
  from: 'expand, depthwise',
  to: 'convolution 3x3',
  removed: ['Conv "a"'],
  added: [],
  kind: 'lossy',
  why: 'an activation is dropped',
  before: figures,
  after: { ...figures, latencyMs: 1 },
  fidelity: { at: ['y'], nsr: 0.02 },
  fit: null,
})

const accuracy = (score: number, drop = 0, higherIsBetter = true): SideAccuracy => ({
  ...{ metric: 'top-1', title: 'top-1 accuracy', unit: 'share', samples: 100, data: 'x.npy' },
  ...{ score, drop, higherIsBetter },
})

const judged = (old: Side, young: Side, text: string) =>
  diffSides(old, young, { assertions: [parseAssertion(text)] }).assertions[0]!

test('of a report without a result the model as it was is in use', () => {
  const { facts } = side('model.onnx', 2, 14_000_000)
  const report = { model: facts, before: metrics(2), after: metrics(1), decisions: [fused(0)], accuracy: null }
  const ofResult = (result: unknown) => sideOfReport({ ...report, result } as unknown as Report, 'report.json')
  expect(ofResult(null)).toMatchObject({ facts, metrics: { latencyMs: 2 }, decisions: [] })
  const written = { ...facts, file: 'out.onnx', bytes: 5 }
  expect(ofResult(written)).toMatchObject({ facts: written, metrics: { latencyMs: 1 }, decisions: [{}] })
})

const before = side('before.onnx', 2, 14_000_000)
const after = side('after.onnx', 1.5, 13_000_000)

describe('diff', () => {
  test.each<[string, boolean]>([
    ['latency<=+2%', true],
    ['latency<=-25%', true],
    ['latency<-25%', false],
    ['latency<=1.5ms', true],
    ['latency<=1499us', false],
    ['bytes<=13MB', true],
    ['bytes<12.5MiB', true],
    ['nodes==100', true],
    ['nodes>100', false],
    ['macs<=300M', true],
    ['latencyMs<=+0%', true],
    ['peakActivationBytes<=+0%', true],
    ['nodes<=+0', true],
    ['bytes<=-1MB', true],
    ['bytes<=-1.1MB', false],
    ['latency<=-0.4ms', true],
    ['warn: latency<1', false],
  ])('%s: %s', (text, holds) => {
    expect(judged(before, after, text).holds).toBe(holds)
  })

  test('a level before the assertion, error by default', () => {
    expect(judged(before, after, 'warn: latency<1').level).toBe('warn')
    expect(judged(before, after, 'latency<1').level).toBe('error')
  })

  test.each<[string, SideAccuracy | undefined, SideAccuracy | undefined, string, string | boolean]>([
    ['drop between the sides', accuracy(0.9), accuracy(0.88, 0.05), 'accuracy.drop<=0.021', true],
    ['... which is too large', accuracy(0.9), accuracy(0.88), 'accuracy.drop<=0.01', false],
    ['better than before is no drop', accuracy(0.9), accuracy(0.92), 'accuracy.drop<=0', true],
    ['lower is better', accuracy(2, 0, false), accuracy(3, 0, false), 'accuracy.drop<=0.5', false],
    ['of one report alone: against its original', undefined, accuracy(0.88, 0.05), 'accuracy.drop<=0.05', true],
    ['... which is too large', undefined, accuracy(0.88, 0.05), 'accuracy.drop<=0.01', false],
    ['the score itself', accuracy(0.9), accuracy(0.88), 'accuracy>=0.85', true],
    [
      'another metric has no drop',
      { ...accuracy(0.9), metric: 'miou' },
      accuracy(0.88),
      'accuracy.drop<=1',
      'nothing is known',
    ],
    ['nothing is known', undefined, undefined, 'accuracy>=0.1', 'nothing is known'],
  ])('%s', (_, old, young, text, expected) => {
    const sides = [
      { ...before, ...(old && { accuracy: old }) },
      { ...after, ...(young && { accuracy: young }) },
    ] as const
    if (typeof expected === 'string') expect(() => judged(...sides, text)).toThrow(expected)
    else expect(judged(...sides, text).holds).toBe(expected)
  })

  test.each(['latency', 'speed<3', 'latency<=2 parsecs', 'latency<='])('refuses %s', (text) => {
    expect(() => judged(before, after, text)).toThrow()
  })

  test('views show the same figures', () => {
    const diff = diffSides(before, after, { assertions: [parseAssertion('latency<=+2%')] })
    expect(diffRecord(diff).figures['latency']).toEqual({ before: 2, after: 1.5 })
    expect(terminalDiff(diff, colorsFor(false))).toMatch(/latency +2\.00 ms +1\.50 ms +-25\.0 %/)
    expect(markdownDiff(diff)).toContain('| latency | 2.00 ms | 1.50 ms | -25.0 % |')
    expect(terminalDiff(diff, colorsFor(false))).not.toContain('\u001b')
  })

  test('decisions that one side alone has are named, with their side', () => {
    const [old, young] = [
      { ...before, decisions: [fused(0), fused(1)] },
      { ...after, decisions: [fused(1), fused(2)] },
    ]
    const diff = diffSides(old, young)
    expect(diffRecord(diff).decisions).toEqual({ before: [fused(0).decision], after: [fused(2).decision] })
    const text = terminalDiff(diff, colorsFor(false))
    expect(text).toMatch(/only before +fused: block 0 "a\|b" +expand, depthwise -> convolution 3x3/)
    expect(text).toMatch(/only after +fused: block 2/)
    expect(text).not.toContain('block 1')
    expect(markdownDiff(diff)).toContain('| only after | fused: block 2 "a\\|b" |')
    expect(diffRecord(diffSides(before, young)).decisions.after).toHaveLength(2)
  })

  test('names of files cannot become markup', () => {
    const odd = markdownDiff(diffSides(side('a|b<script>.onnx', 1, 1), after))
    expect(odd).not.toContain('a|b<script>')
  })
})
