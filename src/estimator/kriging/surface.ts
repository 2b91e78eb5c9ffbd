import type { KernelShape } from '../../hw/shape.js'
import { decodeFloat32, decodeInt16, decodeInt32, encodeArray } from '../typed-arrays.js'
import { familyAxes, sliceAxes, writeFamilyPoint, writeSlicePoint } from './axes.js'

/** A fitted surface over families x slices: at a slice of the grid, mean + sum over families of covariance x weight. */
export interface Surface {
  readonly familyValues: readonly Float64Array[]
  readonly families: Int32Array
  readonly familyLengths: readonly number[]
  readonly sliceValues: readonly Float64Array[]
  readonly mean: number
  /** Slices x families. */
  readonly weights: Float64Array
}

/** A surface as JSON: numbers as typed arrays, little-endian. */
export interface EncodedSurface {
  readonly familyLengths: readonly number[]
  /** float32, one text an axis. */
  readonly familyValues: readonly string[]
  readonly sliceValues: readonly string[]
  /** int32: indices into familyValues, one an axis for each family. */
  readonly families: string
  readonly mean: number
  /** float32 a slice; int16 a slice and family: weight = scale x integer. */
  readonly scales: string
  readonly weights: string
}

const largest = 32_767

export function encodeSurface(surface: Surface): EncodedSurface {
  const { families, weights } = surface
  const count = families.length / familyAxes.length
  const scales = new Float32Array(weights.length / count)
  const rounded = new Int16Array(weights.length)
  for (let slice = 0; slice < scales.length; slice++) {
    let most = 0
    for (let i = 0; i < count; i++) most = Math.max(most, Math.abs(weights[slice * count + i]!))
    const scale = Math.fround(most / largest)
    scales[slice] = scale
    if (scale === 0) continue
    for (let i = 0; i < count; i++) {
      const at = slice * count + i
      rounded[at] = Math.max(-largest, Math.min(largest, Math.round(weights[at]! / scale)))
    }
  }
  const toFloat32 = (values: Float64Array) => encodeArray(Float32Array.from(values))
  return {
    familyLengths: surface.familyLengths,
    familyValues: surface.familyValues.map(toFloat32),
    sliceValues: surface.sliceValues.map(toFloat32),
    families: encodeArray(families),
    mean: surface.mean,
    scales: encodeArray(scales),
    weights: encodeArray(rounded),
  }
}

/** A surface laid out for prediction. */
export class KrigedSurface {
  readonly #count: number
  /** Per family axis: exp(value / length) and its reciprocal; the covariance is the smaller quotient. */
  readonly #growth: readonly Float64Array[]
  readonly #decay: readonly Float64Array[]
  readonly #lengths: readonly number[]
  readonly #factors: readonly Float64Array[]
  readonly #sliceValues: readonly Float32Array[]
  readonly #strides: readonly number[]
  readonly #mean: number
  readonly #weights: Float32Array
  /** Families that differ in input channels only lie side by side: where each such run starts, and what it shares. */
  readonly #runStarts: Int32Array
  readonly #runOut: Int32Array
  readonly #runKernel: Int32Array
  /** Per family: index of its input channels. */
  readonly #inChannels: Int32Array
  /** Covariance of the last kernel with each family; zeros fill it up to a multiple of four. */
  readonly #similar: Float64Array
  readonly #point = new Float64Array(sliceAxes.length)
  /** Up to 16 slices around the point, and their shares. */
  readonly #corners = new Int32Array(1 << sliceAxes.length)
  readonly #shares = new Float64Array(1 << sliceAxes.length)

  constructor(encoded: EncodedSurface) {
    const families = decodeInt32(encoded.families)
    this.#count = families.length / familyAxes.length
    const familyValues = encoded.familyValues.map(decodeFloat32)
    this.#lengths = encoded.familyLengths
    this.#growth = familyValues.map((values, axis) =>
      Float64Array.from(values, (v) => Math.exp(v / this.#lengths[axis]!)),
    )
    this.#decay = this.#growth.map((values) => values.map((v) => 1 / v))
    this.#factors = familyValues.map(({ length }) => new Float64Array(length))
    this.#sliceValues = encoded.sliceValues.map(decodeFloat32)
    const strides: number[] = []
    let stride = this.#count
    for (let axis = sliceAxes.length - 1; axis >= 0; axis--) {
      strides[axis] = stride
      stride *= this.#sliceValues[axis]!.length
    }
    this.#strides = strides
    this.#mean = encoded.mean
    const scales = decodeFloat32(encoded.scales)
    const integers = decodeInt16(encoded.weights)
    // A few more than there are, for the last step of four.
    this.#weights = new Float32Array(integers.length + 3)
    for (let i = 0; i < integers.length; i++) this.#weights[i] = integers[i]! * scales[Math.floor(i / this.#count)]!
    const index = (family: number, axis: number) => families[family * familyAxes.length + axis]!
    this.#inChannels = Int32Array.from({ length: this.#count }, (_, family) => index(family, 0))
    const starts = [...Array(this.#count).keys()].filter(
      (i) => i === 0 || index(i, 1) !== index(i - 1, 1) || index(i, 2) !== index(i - 1, 2),
    )
    this.#similar = new Float64Array(Math.ceil(this.#count / 4) * 4)
    this.#runStarts = Int32Array.from([...starts, this.#count])
    this.#runOut = Int32Array.from(starts, (family) => index(family, 1))
    this.#runKernel = Int32Array.from(starts, (family) => index(family, 2))
  }

  /** The surface at a kernel; between slices of the grid linear, outside the nearest. */
  at(shape: KernelShape): number {
    const corners = this.#locate(shape)
    this.#compare(shape)
    let sum = this.#mean
    for (let corner = 0; corner < corners; corner++) sum += this.#shares[corner]! * this.#slice(this.#corners[corner]!)
    return sum
  }

  /** Sum of covariance x weight over the families of the slice whose weights start there; four sums side by side. */
  #slice(start: number): number {
    const similar = this.#similar
    const weights = this.#weights
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let i = 0, at = start; i < similar.length; i += 4, at += 4) {
      a += similar[i]! * weights[at]!
      b += similar[i + 1]! * weights[at + 1]!
      c += similar[i + 2]! * weights[at + 2]!
      d += similar[i + 3]! * weights[at + 3]!
    }
    return a + b + (c + d)
  }

  /** Covariance with every family: the product over the axes. */
  #compare(shape: KernelShape): void {
    const point = this.#point
    writeFamilyPoint(shape, point)
    for (let axis = 0; axis < familyAxes.length; axis++) {
      const grown = Math.exp(point[axis]! / this.#lengths[axis]!)
      const shrunk = 1 / grown
      const growth = this.#growth[axis]!
      const decay = this.#decay[axis]!
      const factors = this.#factors[axis]!
      for (let i = 0; i < factors.length; i++) factors[i] = Math.min(grown * decay[i]!, shrunk * growth[i]!)
    }
    const [similarIn, similarOut, similarKernel] = this.#factors as [Float64Array, Float64Array, Float64Array]
    const starts = this.#runStarts
    const inChannels = this.#inChannels
    const similar = this.#similar
    for (let run = 0, family = 0; run + 1 < starts.length; run++) {
      const shared = similarOut[this.#runOut[run]!]! * similarKernel[this.#runKernel[run]!]!
      const end = starts[run + 1]!
      for (; family < end; family++) similar[family] = shared * similarIn[inChannels[family]!]!
    }
  }

  /** Finds the slices around a kernel; returns their number. */
  #locate(shape: KernelShape): number {
    const point = this.#point
    writeSlicePoint(shape, point)
    const corners = this.#corners
    const shares = this.#shares
    corners[0] = 0
    shares[0] = 1
    let count = 1
    for (let axis = 0; axis < sliceAxes.length; axis++) {
      const values = this.#sliceValues[axis]!
      const stride = this.#strides[axis]!
      const value = point[axis]!
      let low = 0
      while (low + 1 < values.length && values[low + 1]! <= value + 1e-5) low++
      const high = low + 1 < values.length ? low + 1 : low
      const gap = values[high]! - values[low]!
      const share = gap <= 0 ? 0 : Math.max(0, (value - values[low]!) / gap)
      const between = share > 1e-4
      for (let i = 0; i < count; i++) {
        if (between) {
          corners[count + i] = corners[i]! + high * stride
          shares[count + i] = shares[i]! * share
          shares[i]! *= 1 - share
        }
        corners[i]! += low * stride
      }
      if (between) count *= 2
    }
    return count
  }
}
