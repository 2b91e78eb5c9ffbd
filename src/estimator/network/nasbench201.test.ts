import { describe, expect, it } from 'vitest'
import { sampleOf } from './family.js'
import { nasbench201 } from './nasbench201.js'

const [executed, written] = nasbench201.views

describe('executed operators of a NAS-Bench-201 cell', () => {
  // conv1x1, conv3x3, pool, add, relu, body
  it.each([
    ['everything on the way to the output', '433444', [0, 2, 4, 3, 2, 1]],
    ['one convolution alone', '000300', [0, 1, 0, 0, 0, 1]],
    ['a skip of a zero adds nothing', '000310', [0, 1, 0, 0, 0, 1]],
    ['a residual: the activation before the convolution is a kernel of its own', '300110', [0, 1, 0, 1, 1, 1]],
    ['an unread operator with two terms is gone', '032110', [0, 0, 0, 0, 0, 1]],
    ['an unread convolution takes the zero into its weights', '030110', [0, 1, 0, 1, 1, 1]],
    ['an unread pool does not', '040110', [0, 0, 0, 0, 0, 1]],
    ['a convolution of a zero runs', '010143', [0, 1, 1, 2, 0, 1]],
    ['nothing arrives at the output', '330000', [0, 0, 0, 0, 0, 0]],
    ['the output is constant: only the last of 15 cells runs', '003030', [0, 2 / 15, 0, 1 / 15, 2 / 15, 0]],
  ])('%s: %s', (_, cell, expected) => {
    const counts = [...executed!.of(cell)]
    expect(counts).toHaveLength(expected.length)
    expected.forEach((count, i) => {
      expect(counts[i]).toBeCloseTo(count, 9)
    })
  })

  it('counts all operators in the other view', () => {
    expect([...written!.of('421211')]).toEqual([0, 3, 2, 0, 1])
  })

  it('has as many numbers as names, for every cell', () => {
    for (let index = 0; index < 5 ** 6; index += 7) {
      const cell = index.toString(5).padStart(6, '0')
      sampleOf(nasbench201, cell).views.forEach((values, view) => {
        expect(values).toHaveLength(nasbench201.views[view]!.features.length)
        expect(values.every((value) => value >= 0 && Number.isFinite(value))).toBe(true)
      })
    }
  })

  it('refuses what is no cell', () => {
    expect(() => executed!.of('12345')).toThrow(RangeError)
    expect(() => executed!.of('123455')).toThrow(RangeError)
  })
})
