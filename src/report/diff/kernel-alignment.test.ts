import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KernelMetrics } from '../../estimator/metrics.js'
import { alignKernels } from './kernel-alignment.js'

const kernel = (name: string, origins: readonly string[], latencyMs = 1): KernelMetrics => ({
  ...{ name, kind: 'convolution', nodes: [name], bound: 'compute', utilisation: 1 },
  ...{ macs: 0, weightBytes: 0, movedBytes: 0, dramBytes: 0, macsPerDramByte: null, macsPerSecond: 0 },
  latencyMsInterval: [latencyMs, latencyMs],
  origins,
  latencyMs,
})

const shape = (before: readonly KernelMetrics[], after: readonly KernelMetrics[], counterparts?: Map<string, string>) =>
  alignKernels(before, after, counterparts).map((group) => [
    group.before.map(({ name }) => name).join('+'),
    group.after.map(({ name }) => name).join('+'),
  ])

describe('kernels before and after', () => {
  test('one became one, several became one, one became several, some are new or gone', () => {
    const before = [
      kernel('expand', ['a']),
      kernel('depthwise', ['b']),
      kernel('project', ['c']),
      kernel('pool', ['d', 'e']),
      kernel('identity', ['f']),
    ]
    const after = [
      kernel('fused', ['a', 'b']),
      kernel('project', ['c']),
      kernel('d', ['d']),
      kernel('e', ['e']),
      kernel('made', ['g']),
    ]
    expect(shape(before, after)).toEqual([
      ['expand+depthwise', 'fused'],
      ['project', 'project'],
      ['pool', 'd+e'],
      ['identity', ''],
      ['', 'made'],
    ])
  })

  test('what has no origins is told by its name, and never by the name of a node', () => {
    expect(shape([kernel('call of the runtime', [])], [kernel('call of the runtime', [])])).toHaveLength(1)
    expect(shape([kernel('a', [])], [kernel('b', ['a'])])).toEqual([
      ['a', ''],
      ['', 'b'],
    ])
  })

  test('names of another model mean nothing until they are translated', () => {
    const [before, after] = [[kernel('conv', ['x'])], [kernel('conv', ['y'])]]
    expect(shape(before, after, new Map())).toEqual([
      ['conv', ''],
      ['', 'conv'],
    ])
    expect(shape(before, after, new Map([['y', 'x']]))).toEqual([['conv', 'conv']])
    // The same name without a counterpart is another node.
    expect(shape(before, [kernel('conv', ['x'])], new Map())).toHaveLength(2)
  })

  test('every kernel is in exactly one group, times add up, and groups share no origin', () => {
    const kernels = fc.array(
      fc.record({
        origins: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 3 }),
        time: fc.nat(9),
      }),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(kernels, kernels, (old, young) => {
        const [before, after] = [old, young].map((list, side) =>
          list.map(({ origins, time }, i) => kernel(`${side} ${i}`, origins, time)),
        ) as [KernelMetrics[], KernelMetrics[]]
        const groups = alignKernels(before, after)
        expect(groups.flatMap((group) => group.before)).toHaveLength(before.length)
        expect(new Set(groups.flatMap((group) => [...group.before, ...group.after])).size).toBe(
          before.length + after.length,
        )
        expect(groups.reduce((sum, { latencyMs }) => sum + latencyMs[1], 0)).toBe(
          after.reduce((sum, { latencyMs }) => sum + latencyMs, 0),
        )
        const owners = new Map<string, number>()
        for (const [i, group] of groups.entries())
          for (const { origins } of [...group.before, ...group.after])
            for (const origin of origins) {
              expect(owners.get(origin) ?? i).toBe(i)
              owners.set(origin, i)
            }
      }),
    )
  })
})
