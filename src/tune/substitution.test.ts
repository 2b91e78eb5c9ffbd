import fc from 'fast-check'
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { expect, test } from 'vitest'
import { SeededRandom } from '../runtime/random.js'
import { substitute } from './substitution.js'

test('right sides of a factorised system are solved for as the package solves them, to the bit', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 24 }),
    fc.integer({ min: 1, max: 9 }),
    fc.nat(),
    (size, columns, seed) => {
      const random = new SeededRandom(seed)
      const draw = (rows: number, width: number) =>
        Matrix.from1DArray(
          rows,
          width,
          Float64Array.from({ length: rows * width }, () => random.uniform() - 0.5),
        )
      const [root, right] = [draw(size, size), draw(size, columns)]
      const system = root.mmul(root.transpose()).add(Matrix.eye(size))
      // Products of rows are symmetric to the last bit only when they are copied.
      for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) system.set(j, i, system.get(i, j))
      const factorisation = new CholeskyDecomposition(system)
      const lower = Float64Array.from(factorisation.lowerTriangularMatrix.to1DArray())
      const found = substitute(lower, Float64Array.from(right.to1DArray()))
      expect([...found]).toEqual(factorisation.solve(right).to1DArray())
    },
  )
  fc.assert(property, { seed: 1 })
})
