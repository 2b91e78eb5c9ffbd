import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BlockDecision } from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { SeededRandom } from '../../runtime/random.js'
import { mutate } from '../algorithms/variation.js'
import { lossesBy } from '../fidelity/losses.js'
import { candidateOf, recipeOf } from './candidate-recipe.js'
import type { Choice } from './choice.js'
import { keyOf, Space } from './space.js'

const fused: BlockDecision = { kind: 'block', block: 0, alternative: 'fused' }
const merged: BlockDecision = { kind: 'block', block: 0, alternative: 'merged' }

/** Two widths and a block, which leaves nothing of the second width when it is merged: 3 x 2 x 3 options, 15 different ones. */
const choices: Choice[] = [
  { kind: 'width', group: 'trunk', sizes: [32, 64, 96], keep: 1 },
  { kind: 'width', group: 'middle', sizes: [64, 128], keep: 1 },
  { kind: 'block', block: 'expand', decisions: [undefined, fused, merged], keep: 0, gone: [[], [], [1]] },
]
const space = new Space(choices)
const candidate = (...options: number[]) => Uint8Array.from(options)

describe('a space', () => {
  test('counts its candidates, and gives the different ones', () => {
    expect(space.size).toBe(18n)
    const keys = Array.from(space.all(), keyOf)
    expect(keys.length).toBe(15)
    expect(new Set(keys).size).toBe(15)
  })

  test('holds many options in wider elements', () => {
    const wide = new Space([
      { kind: 'width', group: 'g', sizes: Array.from({ length: 300 }, (_, i) => i + 1), keep: 299 },
    ])
    expect(wide.original[0]).toBe(299)
  })

  test('neighbours differ in one choice, none twice', () => {
    const found = [...space.neighbours(candidate(1, 1, 0))].map(keyOf)
    expect(found).toEqual(['0,1,0', '2,1,0', '1,0,0', '1,1,1', '1,1,2'])
    expect([...space.neighbours(candidate(1, 1, 2))].map(keyOf)).toEqual(['0,1,2', '2,1,2', '1,1,0', '1,1,1'])
  })

  test('a depth multiplier takes the nearest sizes, blocks as they are', () => {
    expect(keyOf(space.depthMultiplier(candidate(1, 1, 1), 0.5))).toBe('0,0,1')
    expect(keyOf(space.depthMultiplier(candidate(1, 1, 1), 1.5))).toBe('2,1,1')
  })

  test('whatever is drawn or crossed is canonical, and from the parents', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new SeededRandom(seed)
        const [a, b] = [space.random(random), space.random(random)]
        const child = space.crossover(a, b, random)
        for (const each of [a, b, child]) expect(keyOf(space.canonical(each.slice()))).toBe(keyOf(each))
        child.forEach((option, choice) => {
          expect([a[choice], b[choice], space.original[choice]]).toContain(option)
        })
      }),
    )
  })
})

describe('a space with closed options', () => {
  // The trunk may not stay as it is, the middle has to, and nothing may be merged.
  const open = [[0, 2], [1], [0, 1]]
  const restricted = new Space(choices, open)
  /** Widths that matter and forms are open. */
  const isAllowed = (each: ArrayLike<number>) =>
    open.every((options, i) => options.includes(each[i]!) || (each[2] === 2 && i === 1 && each[1] === 1))

  test('counts and gives what is left', () => {
    expect(restricted.size).toBe(4n)
    expect(Array.from(restricted.all(), keyOf)).toEqual(['0,1,0', '0,1,1', '2,1,0', '2,1,1'])
    expect(keyOf(restricted.original)).toBe('1,1,0')
  })

  test('takes the nearest open option instead of a closed one', () => {
    expect(keyOf(restricted.canonical(candidate(1, 0, 2)))).toBe('2,1,0')
    expect(keyOf(restricted.with(candidate(0, 1, 1), 2, 2))).toBe('0,1,0')
    expect(keyOf(restricted.depthMultiplier(candidate(0, 1, 1), 1))).toBe('2,1,1')
  })

  test('a width of which nothing is left stays as it is, though it may not when there is something', () => {
    const mustShrink = new Space(choices, [[0, 1, 2], [0], [0, 2]])
    expect(keyOf(mustShrink.canonical(candidate(1, 1, 2)))).toBe('1,1,2')
    expect(keyOf(mustShrink.canonical(candidate(1, 1, 0)))).toBe('1,0,0')
    expect(Array.from(mustShrink.all(), keyOf)).toEqual(['0,0,0', '0,1,2', '1,0,0', '1,1,2', '2,0,0', '2,1,2'])
  })

  test('whatever is drawn, crossed, changed or near is open', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new SeededRandom(seed)
        const [a, b] = [restricted.random(random), restricted.random(random)]
        const children = [a, b, restricted.crossover(a, b, random), mutate(restricted, a, random)]
        for (const each of [...children, ...restricted.neighbours(a)]) expect(isAllowed(each), keyOf(each)).toBe(true)
      }),
    )
  })

  test('closed options cannot be had, and are not asked about', () => {
    const asked: unknown[] = []
    const losses = lossesBy(restricted, (decision) => {
      asked.push(decision)
      return 1
    })
    expect(asked).toEqual([
      { kind: 'width', group: 'trunk', size: 32 },
      { kind: 'width', group: 'trunk', size: 96 },
      fused,
    ])
    expect(losses.map((list) => [...list].map(Number.isFinite))).toEqual([
      [true, true, true],
      [false, true],
      [true, true, false],
    ])
  })
})

describe('candidates as recipes', () => {
  test('blocks come before widths; what nothing is left of is not decided on', () => {
    expect(recipeOf(space, candidate(0, 0, 1)).decisions).toEqual([
      fused,
      { kind: 'width', group: 'trunk', size: 32 },
      { kind: 'width', group: 'middle', size: 64 },
    ])
    expect(recipeOf(space, candidate(1, 0, 2)).decisions).toEqual([merged])
  })

  test('there and back', () => {
    for (const each of space.all()) {
      const back = candidateOf(space, recipeOf(space, each))
      expect(isDeclined(back) ? back : keyOf(back)).toEqual(keyOf(each))
    }
  })

  test('a recipe of something else is declined', () => {
    const strange = candidateOf(space, { recipeVersion: 1, decisions: [{ kind: 'width', group: 'trunk', size: 33 }] })
    expect(strange).toMatchObject({ declined: true, reason: 'outside-space' })
  })
})
