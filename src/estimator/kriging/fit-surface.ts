import type { Grid } from './axes.js'
import type { Surface } from './surface.js'

/** Covariance of two kernels: exp(-sum over axes of |distance| / length), `noise` on top of a row's own. */
export interface Covariance {
  /** Lengths along the family axes and the slice axes, in powers of two. */
  readonly familyLengths: readonly number[]
  readonly sliceLengths: readonly number[]
  /** Variance of the noise as a share of the variance of the surface. */
  readonly noise: number
}

const mostIterations = 260
const tolerance = 2e-3

/**
 * Gaussian process regression (kriging; Rasmussen and Williams, 2006, eq. 2.23) on rows that lie on a grid of families x
 * slices. The covariance is a product over axes, so multiplying with it takes one small matrix an axis (Saatci, 2012),
 * and conjugate gradients solve for the cells that have rows. `targets` has a value a row; several rows of one cell count
 * as their mean.
 */
export function fitSurface(grid: Grid, targets: Float64Array, covariance: Covariance): Surface {
  const { cells, families, familyValues, sliceValues } = grid
  const count = families.length / familyValues.length
  const size = count * sliceValues.reduce((all, { length }) => all * length, 1)
  const rowsIn = new Float64Array(size)
  const right = new Float64Array(size)
  let mean = 0
  for (const target of targets) mean += target / targets.length
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]!
    rowsIn[cell]! += 1
    right[cell]! += targets[row]! - mean
  }
  for (let cell = 0; cell < size; cell++) if (rowsIn[cell]! > 0) right[cell]! /= rowsIn[cell]!

  const familyKernel = familyCovariance(grid, covariance.familyLengths)
  const sliceKernels = sliceValues.map((values, axis) => axisCovariance(values, covariance.sliceLengths[axis]!))
  const scratch = new Float64Array(size)
  const product = new Float64Array(size)
  const multiply = (vector: Float64Array): void => {
    product.set(vector)
    multiplySlices(product, scratch, sliceKernels, count)
    multiplyFamilies(product, scratch, familyKernel, count)
    for (let cell = 0; cell < size; cell++) {
      const rows = rowsIn[cell]!
      product[cell] = rows === 0 ? 0 : scratch[cell]! + (covariance.noise / rows) * vector[cell]!
    }
  }
  const weights = conjugateGradients(multiply, product, right)
  multiplySlices(weights, scratch, sliceKernels, count)
  return { familyValues, families, familyLengths: covariance.familyLengths, sliceValues, mean, weights }
}

/** Solves A x = right, where `multiply` leaves A v in `product`. Cells of `right` without rows stay 0. */
function conjugateGradients(
  multiply: (vector: Float64Array) => void,
  product: Float64Array,
  right: Float64Array,
): Float64Array {
  const size = right.length
  const solution = new Float64Array(size)
  const residual = Float64Array.from(right)
  const direction = Float64Array.from(right)
  let square = dot(residual, residual)
  const enough = square * tolerance * tolerance
  for (let iteration = 0; iteration < mostIterations && square > enough; iteration++) {
    multiply(direction)
    const step = square / dot(direction, product)
    for (let i = 0; i < size; i++) {
      solution[i]! += step * direction[i]!
      residual[i]! -= step * product[i]!
    }
    const next = dot(residual, residual)
    const ratio = next / square
    square = next
    for (let i = 0; i < size; i++) direction[i] = residual[i]! + ratio * direction[i]!
  }
  return solution
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function familyCovariance({ families, familyValues }: Grid, lengths: readonly number[]): Float64Array {
  const axes = familyValues.length
  const count = families.length / axes
  const kernel = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      let distance = 0
      for (let axis = 0; axis < axes; axis++) {
        const values = familyValues[axis]!
        const gap = values[families[i * axes + axis]!]! - values[families[j * axes + axis]!]!
        distance += Math.abs(gap) / lengths[axis]!
      }
      kernel[i * count + j] = Math.exp(-distance)
    }
  }
  return kernel
}

function axisCovariance(values: Float64Array, length: number): Float64Array {
  const kernel = new Float64Array(values.length ** 2)
  values.forEach((a, i) => {
    values.forEach((b, j) => {
      kernel[i * values.length + j] = Math.exp(-Math.abs(a - b) / length)
    })
  })
  return kernel
}

/** In place: `data` (slices x families) times the covariance of each slice axis in turn. */
function multiplySlices(
  data: Float64Array,
  scratch: Float64Array,
  kernels: readonly Float64Array[],
  families: number,
): void {
  let inner = families
  for (let axis = kernels.length - 1; axis >= 0; axis--) {
    const kernel = kernels[axis]!
    const length = Math.round(Math.sqrt(kernel.length))
    if (length === 1) continue
    const block = length * inner
    scratch.fill(0)
    for (let start = 0; start < data.length; start += block) {
      for (let i = 0; i < length; i++) {
        const to = start + i * inner
        for (let j = 0; j < length; j++) {
          const factor = kernel[i * length + j]!
          const from = start + j * inner
          for (let k = 0; k < inner; k++) scratch[to + k]! += factor * data[from + k]!
        }
      }
    }
    data.set(scratch)
    inner = block
  }
}

/** `out` = `data` (slices x families) times the covariance of the families. Four slices at a time share a row of it. */
function multiplyFamilies(data: Float64Array, out: Float64Array, kernel: Float64Array, count: number): void {
  const slices = data.length / count
  for (let slice = 0; slice < slices; slice += 4) {
    const a = slice * count
    const b = Math.min(slice + 1, slices - 1) * count
    const c = Math.min(slice + 2, slices - 1) * count
    const d = Math.min(slice + 3, slices - 1) * count
    for (let i = 0; i < count; i++) {
      const row = i * count
      let sumA = 0
      let sumB = 0
      let sumC = 0
      let sumD = 0
      for (let j = 0; j < count; j++) {
        const factor = kernel[row + j]!
        sumA += factor * data[a + j]!
        sumB += factor * data[b + j]!
        sumC += factor * data[c + j]!
        sumD += factor * data[d + j]!
      }
      out[a + i] = sumA
      out[b + i] = sumB
      out[c + i] = sumC
      out[d + i] = sumD
    }
  }
}
