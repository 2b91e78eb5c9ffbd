import { describe, expect, test } from 'vitest'
import { netOfBlocks } from '../../../test/architecture/net-of-blocks.js'
import { inferTypes } from '../../ir/infer.js'
import { channelGroups } from '../../passes/architecture/channel-groups.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { findBlocks } from '../../passes/architecture/find-blocks.js'
import { depthMultiplier } from '../../passes/architecture/widths.js'
import { expectedLosses } from './expected-loss.js'

const model = netOfBlocks([
  { middle: 24, out: 16 },
  { middle: 48, residual: true },
  { middle: 64, out: 32 },
])
inferTypes(model)
const curated = { multipleOf: 8 }
const lossOf = expectedLosses(model, { former: (name) => (name === 'was' ? [middle] : []), curated })
const [block] = findBlocks(model)
const middle = block!.depthwise.output.name
const group = channelGroups(model).find(
  ({ name, members }) => name === middle || members.some(({ value }) => value.name === middle),
)!
const width = (size: number): Decision => ({ kind: 'width', group: group.name, size })

describe('what a decision is expected to lose', () => {
  test('is the same however it names its place', () => {
    const loss = lossOf(width(8))
    expect(loss).toBeGreaterThan(0)
    for (const named of [{ group: middle }, { group: 'was' }, { signature: group.signature }])
      expect(lossOf({ kind: 'width', size: 8, ...named })).toBe(loss)
    const fused = lossOf({ kind: 'block', block: 0, alternative: 'fused' })
    expect(fused).toBeGreaterThan(0)
    for (const named of [{ block: block!.name }, { signature: block!.signature }])
      expect(lossOf({ kind: 'block', alternative: 'fused', ...named })).toBe(fused)
  })

  test('grows with what goes', () => {
    const widths = [20, 16, 8, 4].map((size) => lossOf(width(size)))
    expect(widths).toEqual(widths.toSorted((a, b) => a - b))
    const images = [20, 16, 12].map((size) => lossOf({ kind: 'resolution', input: 'image', height: size, width: size }))
    expect(images).toEqual(images.toSorted((a, b) => a - b))
    expect(images[2]).toBeCloseTo(Math.log(4), 12)
    expect(lossOf({ kind: 'resolution', input: 'image', height: 24, width: 24 })).toBe(0)
  })

  test('of a depth multiplier is that of its widths', () => {
    const widths = depthMultiplier(channelGroups(model), 0.5, curated)
    expect(widths.length).toBeGreaterThan(1)
    const sum = widths.reduce((all, decision) => all + lossOf(decision), 0)
    expect(lossOf({ kind: 'depth-multiplier', ratio: 0.5 })).toBeCloseTo(sum, 12)
  })

  test('on nothing that the model has is none', () => {
    expect(lossOf({ kind: 'block', block: 99, alternative: 'skip' })).toBe(0)
  })
})
