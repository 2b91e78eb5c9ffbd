import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDims,
  bindDim,
  ceilDivDims,
  type Dim,
  dimsEqual,
  exactDiv,
  floorDivDims,
  isKnown,
  mulDims,
  subDims,
  symbol,
  symbolsOf,
  unknownDim,
} from './dim.js'

const n = symbol('n')
const h = symbol('h')

describe('symbolic dims', () => {
  test.each<[string, Dim, string]>([
    ['a constant alone is a number', subDims(addDims(n, 3), n), '3'],
    ['terms are in canonical order', addDims(addDims(h, 2), n), 'h+n+2'],
    ['products distribute', mulDims(addDims(n, 1), addDims(n, -1)), 'n*n-1'],
    ['what divides leaves the floor', floorDivDims(addDims(mulDims(n, 4), 3), 2), '2*n+1'],
    ['what does not divide stays an atom', floorDivDims(addDims(h, 1), 2), 'floor((h+1)/(2))'],
    ['ceil is floor of the negative', ceilDivDims(mulDims(n, 6), 3), '2*n'],
    ['large coefficients are split', floorDivDims(mulDims(n, 3), 2), 'floor((n)/(2))+n'],
  ])('%s', (_, dim, text) => {
    expect(String(dim)).toBe(text)
  })

  test('equal expressions are equal however they were made', () => {
    const left = mulDims(addDims(n, 2), h)
    const right = addDims(mulDims(h, n), mulDims(2, h))
    expect(dimsEqual(left, right)).toBe(true)
    expect(dimsEqual(n, h)).toBe(false)
  })

  test('exact division', () => {
    expect(String(exactDiv(mulDims(mulDims(n, h), 6), mulDims(h, 3)))).toBe('2*n')
    expect(exactDiv(addDims(n, 1), 2)).toBeUndefined()
    expect(exactDiv(7, 2)).toBeUndefined()
    expect(exactDiv(mulDims(addDims(n, h), 3), addDims(n, h))).toBe(3)
    expect(exactDiv(n, 0)).toBeUndefined()
  })

  test('unknowns are equal only to themselves and are not known', () => {
    const unknown = unknownDim()
    expect(dimsEqual(unknown, unknownDim())).toBe(false)
    expect(dimsEqual(unknown, unknown)).toBe(true)
    expect(isKnown(addDims(unknown, n))).toBe(false)
    expect(isKnown(addDims(h, n))).toBe(true)
    expect([...symbolsOf(floorDivDims(addDims(h, n), 2))].sort()).toEqual(['h', 'n'])
  })

  test('names that could be mistaken for expressions are quoted', () => {
    expect(dimsEqual(symbol('a+b'), addDims(symbol('a'), symbol('b')))).toBe(false)
  })

  /** A random expression together with a function that computes it for given sizes. */
  const expression = fc.letrec<{ dim: readonly [Dim, (sizes: readonly [number, number]) => number] }>((tie) => ({
    dim: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.integer({ min: -4, max: 9 }).map((value) => [value, () => value] as const),
      fc.constantFrom(
        [n, ([size]: readonly [number, number]) => size] as const,
        [h, ([, size]: readonly [number, number]) => size] as const,
      ),
      fc
        .tuple(tie('dim'), tie('dim'))
        .map(([[a, f], [b, g]]) => [addDims(a, b), (s: readonly [number, number]) => f(s) + g(s)] as const),
      fc
        .tuple(tie('dim'), tie('dim'))
        .map(([[a, f], [b, g]]) => [mulDims(a, b), (s: readonly [number, number]) => f(s) * g(s)] as const),
      fc
        .tuple(tie('dim'), fc.integer({ min: 1, max: 5 }))
        .map(([[a, f], by]) => [floorDivDims(a, by), (s: readonly [number, number]) => Math.floor(f(s) / by)] as const),
    ),
  })).dim

  test('property: binding the symbols gives what arithmetic on the sizes gives', () => {
    fc.assert(
      fc.property(expression, fc.nat(50), fc.nat(50), ([dim, compute], a, b) => {
        const bound = bindDim(
          dim,
          new Map([
            ['n', a],
            ['h', b],
          ]),
        )
        const expected = compute([a, b])
        // Beyond the safe integers neither side is exact.
        fc.pre(Math.abs(expected) < 2 ** 50)
        expect(bound).toBe(expected === 0 ? 0 : expected)
      }),
      { numRuns: 500 },
    )
  })
})
