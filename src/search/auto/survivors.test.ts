import { expect, test } from 'vitest'
import type { BuiltCandidate, Rung } from './measured.js'
import { survivors } from './survivors.js'

const built = (id: number, rung: Rung, latencyMs: number, loss: number): BuiltCandidate => ({
  candidate: Uint8Array.of(id),
  rung,
  latencyMs,
  loss,
  drop: loss,
  energyMj: 0,
  weightBytes: 0,
  peakBytes: 0,
})

const reference = Float64Array.of(10, 1)

/** Fits come to half of what is lost with inherited weights. */
const fitted = [built(0, 'brief', 8, 0.1), built(1, 'brief', 5, 0.3)]
const both = [built(0, 'inherited', 8, 0.2), built(1, 'inherited', 5, 0.6)]

test('those that are expected to add most to the front are built, the best first, none that adds nothing', () => {
  const behind = built(2, 'inherited', 9, 0.25)
  const little = built(3, 'inherited', 6.9, 0.5)
  const much = built(4, 'inherited', 2, 0.8)
  const hopeless = built(5, 'inherited', 1, 2.2)
  const found = survivors([...both, behind, little, much, hopeless], fitted, reference, 5)
  expect(found.map(([id]) => id)).toEqual([4, 3])
  expect(survivors([...both, little, much], fitted, reference, 1).map(([id]) => id)).toEqual([4])
})

test('one that another makes up for is not taken besides', () => {
  const [fast, nearly] = [built(6, 'inherited', 3, 0.7), built(7, 'inherited', 3.001, 0.7001)]
  expect(survivors([...both, nearly, fast], fitted, reference, 5).map(([id]) => id)).toEqual([6])
})

test('where nothing was built both ways losses are taken as they are', () => {
  expect(survivors([built(2, 'inherited', 9, 0.09)], [], reference, 1).map(([id]) => id)).toEqual([2])
  expect(survivors([], fitted, reference, 3)).toEqual([])
})
