import type { Dim } from '../../ir/dim.js'
import { isFloat } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Value } from '../../ir/graph.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf, typeText } from '../../ir/type.js'
import { castNumbers } from './cast.js'
import { type ImageInput, imageInput } from './image-input.js'
import type { Preprocess } from './preprocess.js'
import { scaler, toScaling } from './scaling.js'

/** How rows of an array become an input: axes moved, numbers scaled, dtype changed. */
export interface ArrayInput {
  readonly input: Value
  readonly image: ImageInput | undefined
  /** Dims of a row in the order of the input, and where each axis is in the stored row. */
  readonly dims: readonly number[]
  readonly order: readonly number[]
}

/**
 * Matches a row of an array with what an input takes after its batch axis: as it is, with channels moved, or with an axis
 * of one channel added. Throws UserError `invalid-data` where nothing fits.
 */
export function arrayInput(row: Tensor, input: Value, preprocess: Preprocess, source: string): ArrayInput {
  const wanted = dimsOf(input.type)?.slice(1)
  const image = imageInput(input, preprocess)
  const { dims } = row
  const identity = dims.map((_, axis) => axis)
  if (wanted === undefined || fits(dims, wanted)) return { input, image, dims, order: identity }
  const moved = image?.layout === 'NHWC' ? [1, 2, 0] : [2, 0, 1]
  const permuted = moved.map((axis) => dims[axis]!)
  if (image !== undefined && dims.length === 3 && fits(permuted, wanted))
    return { input, image, dims: permuted, order: moved }
  const added = wanted.map((dim) => (dim === 1 ? 1 : -1))
  const squeezed = wanted.filter((_, axis) => added[axis] === -1)
  if (dims.length < wanted.length && fits(dims, squeezed)) {
    const sizes = [...dims]
    const full = added.map((one) => (one === 1 ? 1 : sizes.shift()!))
    return { input, image, dims: full, order: full.map((_, axis) => axis) }
  }
  const what = `samples of ${row.dtype}[${dims.join(', ')}] for input ${input.name} ${typeText(input.type)}`
  const remedy =
    image === undefined
      ? 'convert the array: axis 0 counts the samples'
      : 'convert the array, or say in preprocess.json how images of another size are fitted ("fit")'
  throw new UserError('invalid-data', input.name, what, remedy, source)
}

const fits = (dims: readonly number[], wanted: readonly Dim[]): boolean =>
  dims.length === wanted.length && dims.every((size, axis) => typeof wanted[axis] !== 'number' || wanted[axis] === size)

/** Rows joined along axis 0 as the input wants them. */
export function arrayBatch(rows: readonly Tensor[], plan: ArrayInput, preprocess: Preprocess, source: string): Tensor {
  const { input, image, dims, order } = plan
  const dtype = dtypeOf(input.type) ?? rows[0]!.dtype
  const stored = rows[0]!.dtype
  const isMoved = order.some((axis, at) => axis !== at)
  const isScaled = preprocess.scaling !== undefined && preprocess.scaling !== 'none'
  const isReordered = preprocess.channels === 'bgr' && image?.channels === 3
  if (stored === dtype && !isMoved && !isScaled && !isReordered) return joined(rows, dims)
  if (isFloat(stored) && !isFloat(dtype) && !isScaled) {
    const what = `numbers of ${stored} for input ${input.name} of ${dtype}`
    throw new UserError('invalid-data', input.name, what, 'convert the array, or give a scaling', source)
  }
  const channelAxis = image === undefined ? undefined : image.layout === 'NCHW' ? 0 : 2
  const channels = image?.channels ?? 1
  const scale = scaler(toScaling(preprocess.scaling ?? 'none'), channels)
  // Axes of size one that were added make no difference to the strides of the others.
  const strides = stridesOf(isMoved ? rows[0]!.dims : dims)
  const steps = order.map((axis) => strides[axis]!)
  const size = volume(dims)
  const values = new Float64Array(rows.length * size)
  const place = new Array<number>(dims.length).fill(0)
  rows.forEach((row, sample) => {
    const numbers = row.numbers()
    place.fill(0)
    for (let at = 0; at < size; at++) {
      const channel = channelAxis === undefined ? 0 : place[channelAxis]!
      let from = 0
      for (let axis = 0; axis < dims.length; axis++) from += place[axis]! * steps[axis]!
      if (isReordered) from += (channels - 1 - 2 * channel) * steps[channelAxis!]!
      values[sample * size + at] = scale(numbers[from]!, channel)
      advance(place, dims)
    }
  })
  return Tensor.fromArray(dtype, [rows.length, ...dims], castNumbers(dtype, values))
}

/** The next place in row-major order. */
function advance(place: number[], dims: readonly number[]): void {
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (++place[axis]! < dims[axis]!) return
    place[axis] = 0
  }
}

const stridesOf = (dims: readonly number[]): number[] => dims.map((_, axis) => volume(dims.slice(axis + 1)))

function joined(rows: readonly Tensor[], dims: readonly number[]): Tensor {
  const [first] = rows
  const bytes = new Uint8Array(rows.length * first!.byteLength)
  rows.forEach((row, at) => {
    bytes.set(row.bytes(), at * first!.byteLength)
  })
  return Tensor.fromBytes(first!.dtype, [rows.length, ...dims], bytes)
}
