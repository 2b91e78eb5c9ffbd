import { describe, expect, test } from 'vitest'
import type { Bottleneck } from '../estimator/bottleneck.js'
import { bottleneckText, type ReasonParts, reasonText } from './reason.js'

const depthwise: Bottleneck = { kind: 'few-lanes', layer: 'depthwise', side: 'input', used: 1, lanes: 32 }

describe('reasons in words', () => {
  test.each<[Bottleneck, string]>([
    [depthwise, 'depthwise uses 1 of 32 input lanes'],
    [
      { kind: 'few-lanes', layer: 'grouped', side: 'output', used: 4, lanes: 16 },
      'grouped convolution uses 4 of 16 output lanes',
    ],
    [
      { kind: 'idle-lanes', side: 'output', channels: 40, lanes: 32, idle: 24 },
      '40 output channels leave 24 of 64 lanes idle',
    ],
    [{ kind: 'weights-stream' }, 'weights take longer to arrive than to be multiplied'],
    [{ kind: 'activations-stream' }, 'activations go through DRAM and take longer to arrive than to be multiplied'],
    [{ kind: 'overhead', kernels: 1 }, 'a kernel that takes longer to start than to run'],
    [{ kind: 'overhead', kernels: 3 }, '3 kernels, most of their time is the start'],
    [{ kind: 'computing', utilisation: 0.934 }, 'the array does 93 % of what it could'],
    [{ kind: 'most-time', layer: 'depthwise', share: 0.68 }, '68 % of the time is depthwise'],
  ])('%j', (bottleneck, text) => {
    expect(bottleneckText(bottleneck)).toBe(text)
  })

  const fused: ReasonParts = {
    decision: { kind: 'block', block: 5, alternative: 'fused' },
    place: 'block 5 "expand"',
    before: depthwise,
    after: null,
    latencyMs: [1, 0.69],
    macs: [100, 162],
    nsr: 0.02,
  }

  test.each<[string, Partial<ReasonParts>, string]>([
    ['a block', {}, 'block 5: depthwise uses 1 of 32 input lanes; fused: +62 % MACs, -31 % latency, NSR 0.020'],
    [
      'what holds back the result',
      { after: { kind: 'weights-stream' }, nsr: null },
      'block 5: depthwise uses 1 of 32 input lanes; fused: +62 % MACs, -31 % latency; then weights take longer to arrive than to be multiplied',
    ],
    [
      'nothing else holds it back',
      { after: depthwise, nsr: null },
      'block 5: depthwise uses 1 of 32 input lanes; fused: +62 % MACs, -31 % latency',
    ],
    [
      'a width for nothing',
      { decision: { kind: 'width', group: 'x', size: 64 }, place: '60 channels of "x"', latencyMs: [1, 1], nsr: null },
      '60 channels of "x": depthwise uses 1 of 32 input lanes; 64 channels: +62 % MACs, same latency (free capacity)',
    ],
    [
      'a middle of its own',
      {
        decision: { kind: 'block', block: 'a', alternative: 'grouped', middle: 96, groups: 4 },
        before: null,
        nsr: null,
      },
      'block 5 "expand"; grouped in 4 groups with 96 channels: +62 % MACs, -31 % latency',
    ],
  ])('%s', (_, part, text) => {
    expect(reasonText({ ...fused, ...part })).toBe(text)
  })
})
