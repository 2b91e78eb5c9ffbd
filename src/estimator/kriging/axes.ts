import type { KernelShape } from '../../hw/shape.js'

/**
 * A kernel as a point: what its family is (channels and window) and which slice of the family it is (size, stride,
 * batch, fused operators). Logarithms to base 2, of the geometric mean where there are two sides; fused as it is.
 */
export const familyAxes = ['inChannels', 'outChannels', 'kernel'] as const
export const sliceAxes = ['size', 'stride', 'batch', 'fused'] as const

export function writeFamilyPoint(shape: KernelShape, out: Float64Array): void {
  out[0] = Math.log2(shape.inChannels)
  out[1] = Math.log2(shape.outChannels)
  out[2] = 0.5 * Math.log2(shape.kernelHeight * shape.kernelWidth)
}

export function writeSlicePoint(shape: KernelShape, out: Float64Array): void {
  out[0] = 0.5 * Math.log2(shape.inHeight * shape.inWidth)
  out[1] = 0.5 * Math.log2(shape.strideHeight * shape.strideWidth)
  out[2] = Math.log2(shape.batch)
  out[3] = shape.fused
}

/** Rows whose families and slices form a grid: where each row lies on it. */
export interface Grid {
  /** Per family axis: the values that occur, ascending. */
  readonly familyValues: readonly Float64Array[]
  /** Index of the value on each family axis, three a family; ascending, the last axis first. */
  readonly families: Int32Array
  /** Per slice axis: the values that occur, ascending. Slices are all their combinations, the last axis fastest. */
  readonly sliceValues: readonly Float64Array[]
  /** Per row: slice x number of families + family. */
  readonly cells: Int32Array
}

export const sliceCount = (values: readonly Float64Array[]): number =>
  values.reduce((all, { length }) => all * length, 1)

/** Beyond this the grid is mostly holes, and solving for it too slow. */
const mostCells = 250_000

/** The grid that `rows` lie on; undefined where there is none worth the name. */
export function gridOf(rows: readonly KernelShape[]): Grid | undefined {
  const familyPoints = pointsOf(rows, familyAxes.length, writeFamilyPoint)
  const slicePoints = pointsOf(rows, sliceAxes.length, writeSlicePoint)
  const familyValues = familyAxes.map((_, axis) => distinct(familyPoints, axis, familyAxes.length))
  const sliceValues = sliceAxes.map((_, axis) => distinct(slicePoints, axis, sliceAxes.length))
  const keys = rows.map((_, row) =>
    familyAxes.reduceRight((key, _name, axis) => {
      const values = familyValues[axis]!
      return key * values.length + values.indexOf(familyPoints[row * familyAxes.length + axis]!)
    }, 0),
  )
  const order = [...new Set(keys)].sort((a, b) => a - b)
  const familyOf = new Map(order.map((key, family) => [key, family]))
  if (order.length < 8 || order.length * sliceCount(sliceValues) > mostCells) return undefined
  const cells = Int32Array.from(keys, (key, row) => {
    let slice = 0
    sliceValues.forEach((values, axis) => {
      slice = slice * values.length + values.indexOf(slicePoints[row * sliceAxes.length + axis]!)
    })
    return slice * order.length + familyOf.get(key)!
  })
  const families = order.flatMap((key) => {
    let rest = key
    return familyValues.map(({ length }) => {
      const index = rest % length
      rest = Math.floor(rest / length)
      return index
    })
  })
  return { familyValues, families: Int32Array.from(families), sliceValues, cells }
}

function pointsOf(
  rows: readonly KernelShape[],
  width: number,
  write: (shape: KernelShape, out: Float64Array) => void,
): Float64Array {
  const points = new Float64Array(rows.length * width)
  rows.forEach((row, i) => {
    write(row, points.subarray(i * width, (i + 1) * width))
  })
  return points
}

function distinct(points: Float64Array, axis: number, width: number): Float64Array {
  const values = new Set<number>()
  for (let i = axis; i < points.length; i += width) values.add(points[i]!)
  return Float64Array.from(values).sort()
}
