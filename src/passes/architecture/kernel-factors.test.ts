import { expect, test } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { convolved, factorised } from './kernel-factors.js'

const random = new SeededRandom(2)
const draw = (count: number) => Float64Array.from({ length: count }, () => random.uniform() * 2 - 1)

/** Share of a kernel's energy that its factors' product lacks. */
function lost(kernel: Float64Array, size: number): number {
  const product = factorised(kernel, size).reduce(convolved)
  const energy = kernel.reduce((sum, value) => sum + value * value, 0)
  return kernel.reduce((sum, value, i) => sum + (value - product[i]!) ** 2, 0) / energy
}

test('the product of two kernels, by hand', () => {
  const product = convolved(Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 0, 0, -1))
  expect(Array.from(product)).toEqual([1, 2, 0, 3, 3, -2, 0, -3, -4])
})

test('products of 3x3 kernels are found again, nearly all of them', () => {
  const found = Array.from({ length: 40 }, () => lost(convolved(draw(9), draw(9)), 5)).filter((share) => share < 1e-10)
  expect(found.length).toBeGreaterThanOrEqual(38)
})

test('any kernel gets the right number of factors, which keep most of it', () => {
  expect(factorised(draw(25), 5).map(({ length }) => length)).toEqual([9, 9])
  expect(factorised(draw(49), 7).map(({ length }) => length)).toEqual([9, 9, 9])
  const shares = Array.from({ length: 10 }, () => lost(draw(25), 5))
  expect(Math.max(...shares)).toBeLessThan(0.5)
})

test('a kernel of zeros has factors whose product is zero', () => {
  const [first] = factorised(new Float64Array(25), 5)
  expect(first!.every((value) => value === 0)).toBe(true)
})
