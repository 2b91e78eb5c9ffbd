import { describe, expect, test } from 'vitest'
import { marginalRows } from './marginal-rows.js'
import type { ChangedPoint, SearchedEntry } from './search-entry.js'

const best = { latencyMs: 1, energyMj: 1, weightBytes: 1000, peakActivationBytes: 200, loss: 0.5, decisions: [] }
const changed = (place: string, latencyMs: number, lossChange: number | null): ChangedPoint => ({
  place,
  chosen: 'fused',
  option: 'as it is',
  latencyMs,
  energyMj: 1,
  weightBytes: 900,
  peakActivationBytes: 200,
  lossChange,
})

const entry = (marginals: Pick<SearchedEntry, 'without' | 'next'>) =>
  ({ algorithm: 'exact', best, ...marginals }) as unknown as SearchedEntry

describe('what each decision of a search brings', () => {
  test('most latency first, the next change last', () => {
    const without = [changed('block "a"', 1.1, -0.1), changed('block "b"', 1.5, null)]
    const next = { ...changed('block "c"', 0.9, 0.25), chosen: 'as it is', option: 'merged' }
    expect(marginalRows(entry({ without, next }))).toEqual([
      ['fused: block "b"', '+50.0 %', '-10.0 %', 'same', 'unknown'],
      ['fused: block "a"', '+10.0 %', '-10.0 %', 'same', '-0.100'],
      ['with merged: block "c"', '-10.0 %', '-10.0 %', 'same', '+0.250'],
    ])
  })

  test('of nothing decided, and of no search, none', () => {
    expect(marginalRows(entry({}))).toEqual([])
    expect(marginalRows({ algorithm: 'none' })).toEqual([])
  })
})
