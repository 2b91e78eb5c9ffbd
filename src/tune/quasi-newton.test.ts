import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dot, type Preconditioner, QuasiNewton } from './quasi-newton.js'

interface Problem {
  readonly value: (x: Float64Array) => number
  readonly gradient: (x: Float64Array) => Float64Array
}

/** Halves steps that lead up; how many steps until the gradient is gone. */
async function minimise({ value, gradient }: Problem, start: Float64Array, inverse: Preconditioner, most: number) {
  const method = new QuasiNewton(8)
  let x = start
  for (let step = 0; step < most; step++) {
    const slope = gradient(x)
    if (Math.sqrt(dot(slope, slope)) < 1e-8) return { x, steps: step }
    const direction = await method.direction(x, slope, inverse)
    expect(dot(direction, slope)).toBeLessThan(0)
    const at = (length: number) => x.map((each, i) => each + length * direction[i]!)
    let length = 1
    while (value(at(length)) >= value(x) && length > 1e-12) length /= 2
    x = at(length)
  }
  return { x, steps: most }
}

const none: Preconditioner = async (gradient) => gradient.slice()

/** Half of the sum of curvature times squares, the least at `centre`. */
const bowl = (curvatures: readonly number[], centre: readonly number[]): Problem => ({
  value: (x) => x.reduce((sum, each, i) => sum + (curvatures[i]! / 2) * (each - centre[i]!) ** 2, 0),
  gradient: (x) => x.map((each, i) => curvatures[i]! * (each - centre[i]!)),
})

const rosenbrock: Problem = {
  value: ([a, b]) => (1 - a!) ** 2 + 100 * (b! - a! ** 2) ** 2,
  gradient: ([a, b]) => Float64Array.of(-2 * (1 - a!) - 400 * a! * (b! - a! ** 2), 200 * (b! - a! ** 2)),
}

describe('quasi-Newton steps', () => {
  test('find the least point of a valley that bends', async () => {
    const { x, steps } = await minimise(rosenbrock, Float64Array.of(-1.2, 1), none, 100)
    expect(steps).toBeLessThan(60)
    expect(x[0]).toBeCloseTo(1, 6)
    expect(x[1]).toBeCloseTo(1, 6)
  })

  test('of a quadratic lead to its least point, faster on top of a preconditioner that is nearly right', async () => {
    const curvature = fc.double({ min: 0.05, max: 20, noNaN: true })
    const centre = fc.double({ min: -5, max: 5, noNaN: true })
    const property = fc.asyncProperty(
      fc.array(fc.tuple(curvature, centre), { minLength: 2, maxLength: 6 }),
      async (axes) => {
        const curvatures = axes.map(([each]) => each)
        const problem = bowl(
          curvatures,
          axes.map(([, each]) => each),
        )
        const start = new Float64Array(axes.length).fill(7)
        const found = await minimise(problem, start, none, 80)
        for (const [i, [, each]] of axes.entries()) expect(found.x[i]).toBeCloseTo(each, 5)
        const nearly: Preconditioner = async (gradient) => gradient.map((each, i) => each / (1.1 * curvatures[i]!))
        const better = await minimise(problem, start, nearly, 80)
        expect(better.steps).toBeLessThanOrEqual(10)
      },
    )
    await fc.assert(property, { numRuns: 30 })
  })

  test('an exact preconditioner needs one step', async () => {
    const curvatures = [3, 0.1, 50]
    const exact: Preconditioner = async (gradient) => gradient.map((each, i) => each / curvatures[i]!)
    const { steps } = await minimise(bowl(curvatures, [1, 2, 3]), Float64Array.of(9, 9, 9), exact, 10)
    expect(steps).toBe(1)
  })

  test('what was forgotten does not bend the next direction', async () => {
    const method = new QuasiNewton(8)
    const { gradient } = rosenbrock
    for (const point of [Float64Array.of(0, 0), Float64Array.of(0.2, 0.1)])
      await method.direction(point, gradient(point), none)
    method.forget()
    const point = Float64Array.of(0.3, 0.3)
    expect([...(await method.direction(point, gradient(point), none))]).toEqual(
      [...gradient(point)].map((each) => -each),
    )
  })
})
