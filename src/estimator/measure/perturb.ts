import type { Attribute } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'
import type { SeededRandom } from '../../runtime/random.js'
import { dimsOfOperand, type KernelSpec, type Operand } from './kernel-spec.js'

/** Sizes are scaled by a factor from this range, evenly in the logarithm. */
export interface Reach {
  readonly least: number
  readonly most: number
}

/** Near what models have; and wide, for networks unlike those of the prior: rather smaller, which takes less time to measure. */
export const nearReach: Reach = { least: 1 / 1.45, most: 1.45 }
export const wideReach: Reach = { least: 1 / 4, most: 2 }

/** So many of the sizes stay as they are: neighbours that differ in little tell what that little does. */
const keptShare = 0.3

/** Sizes up to this stay: windows, pairs, colours. */
const fixedUpTo = 4

/**
 * A kernel of the same operator and attributes with other sizes. Equal sizes stay equal, so what belongs together (the
 * channels of data, weights and bias) still fits, and a size keeps the largest power of two up to 16 it is a multiple
 * of: kernels change their method there. `mode`: which sizes move.
 */
export function perturb(
  spec: KernelSpec,
  random: SeededRandom,
  mode: 'all' | 'outer' | 'none',
  reach: Reach = nearReach,
): KernelSpec {
  const scaled = new Map<number, number>()
  const scale = (size: number): number => {
    if (size <= fixedUpTo || mode !== 'all') return size
    let to = scaled.get(size)
    if (to === undefined) {
      if (random.uniform() < keptShare) {
        scaled.set(size, size)
        return size
      }
      const factor = reach.least * (reach.most / reach.least) ** random.uniform()
      const unit = size % 16 === 0 ? 16 : size % 8 === 0 ? 8 : size % 4 === 0 ? 4 : size % 2 === 0 ? 2 : 1
      let units = Math.max(1, Math.round((size / unit) * factor))
      if (unit > 1 && unit < 16 && units % 2 === 0) units += 1
      to = units * unit
      scaled.set(size, to)
    }
    return to
  }
  if (mode === 'outer') return withOuter(spec, random)
  const resize = (dims: readonly number[]): number[] => dims.map(scale)
  const rule = rules[spec.opType]
  const moved = rule?.(spec, scale, resize)
  if (moved !== undefined) return { ...spec, ...moved }
  return { ...spec, inputs: spec.inputs.map((operand) => resized(operand, resize)) }
}

/** Only the first axis of the data moves, where all data agree on it: batches and rows. */
function withOuter(spec: KernelSpec, random: SeededRandom): KernelSpec {
  const outer = spec.inputs.flatMap((operand) => (operand?.role === 'data' ? [operand.dims[0]] : []))
  const first = outer[0]
  if (first === undefined || outer.some((size) => size !== first)) return spec
  const to = Math.max(
    1,
    first + (random.uniform() < 0.5 && first > 1 ? -1 : 1) * random.integer(1, Math.max(1, first >> 2)),
  )
  const inputs = spec.inputs.map((operand) =>
    operand?.role === 'data' ? { ...operand, dims: [to, ...operand.dims.slice(1)] } : operand,
  )
  return { ...spec, inputs }
}

type Scale = (size: number) => number
type Resize = (dims: readonly number[]) => number[]
type Moved = Partial<Pick<KernelSpec, 'inputs' | 'attributes'>> | undefined

function resized(operand: Operand | undefined, resize: Resize): Operand | undefined {
  if (operand === undefined || operand.role === 'literal') return operand
  return { ...operand, dims: resize(operand.dims) }
}

const withAttribute = (spec: KernelSpec, name: string, value: Attribute): Map<string, Attribute> =>
  new Map([...spec.attributes, [name, value]])

const intOf = (spec: KernelSpec, name: string, absent: number): number => {
  const attribute = spec.attributes.get(name)
  return attribute?.kind === 'int' ? Number(attribute.value) : absent
}

const withDims = (operand: Operand | undefined, dims: readonly number[]): Operand | undefined =>
  operand === undefined || operand.role === 'literal' ? operand : { ...operand, dims }

/** Weights keep their window; groups keep their count unless every channel is one. */
function convolution(spec: KernelSpec, scale: Scale, weightAt: number): Moved {
  const [data, weights] = [spec.inputs[0], spec.inputs[weightAt]]
  if (data === undefined || weights === undefined) return undefined
  const [x, w] = [dimsOfOperand(data), dimsOfOperand(weights)]
  const groups = intOf(spec, 'group', 1)
  const isTransposed = spec.opType.includes('Transpose')
  const [channelAxis, filterAxis] = isTransposed ? [0, 1] : [1, 0]
  const isChannelwise = groups > 1 && w[1] === 1
  const channels = isChannelwise
    ? scale(x[1]!)
    : groups > 1
      ? groups * scale(Math.max(1, x[1]! / groups))
      : scale(w[channelAxis]!)
  const total = isTransposed ? w[1]! * groups : w[0]!
  const filters =
    isChannelwise && !isTransposed
      ? channels * (total / x[1]!)
      : groups > 1
        ? groups * scale(total / groups)
        : scale(total)
  const newGroups = isChannelwise ? channels : groups
  const to = [...w]
  to[channelAxis] = isTransposed ? channels : channels / newGroups
  to[filterAxis] = isTransposed ? filters / newGroups : filters
  // A stem takes fewer channels than its blocked input declares.
  const declared = !isChannelwise && groups === 1 && x[1] !== w[channelAxis] ? x[1]! : channels
  const spatial = x.slice(2).map(scale)
  const inputs = spec.inputs.map((operand, i) => {
    if (i === 0) return withDims(operand, [x[0]!, declared, ...spatial])
    if (i === weightAt) return withDims(operand, to)
    const dims = operand === undefined || operand.role === 'literal' ? [] : operand.dims
    if (dims.length === 1 && dims[0] === total) return withDims(operand, [filters])
    if (dims.length > 2) return withDims(operand, [dims[0]!, filters, ...dims.slice(2).map(scale)])
    return operand
  })
  return { inputs, attributes: groups === 1 ? spec.attributes : withAttribute(spec, 'group', attr.int(newGroups)) }
}

function recurrent(spec: KernelSpec, scale: Scale): Moved {
  const [x, w, r] = spec.inputs.slice(0, 3).map((operand) => (operand === undefined ? [] : dimsOfOperand(operand)))
  if (x?.length !== 3 || w?.length !== 3 || r?.length !== 3) return undefined
  const hidden = r[2]!
  const gates = r[1]! / hidden
  const [newHidden, width] = [scale(hidden), scale(w[2]!)]
  const steps = intOf(spec, 'layout', 0) === 1 ? [x[0]!, scale(x[1]!)] : [scale(x[0]!), x[1]!]
  const sizes: (readonly number[] | undefined)[] = [
    [...steps, width],
    [w[0]!, gates * newHidden, width],
    [w[0]!, gates * newHidden, newHidden],
    [w[0]!, 2 * gates * newHidden],
  ]
  const inputs = spec.inputs.map((operand, i) => {
    if (operand === undefined || operand.role === 'literal') return operand
    if (sizes[i] !== undefined) return withDims(operand, sizes[i])
    return withDims(
      operand,
      operand.dims.map((size) => (size === hidden ? newHidden : size)),
    )
  })
  return { inputs, attributes: withAttribute(spec, 'hidden_size', attr.int(newHidden)) }
}

/** A view costs the same whatever its target: its target is made to fit. */
function reshape(spec: KernelSpec, _scale: Scale, resize: Resize): Moved {
  const [data, target] = spec.inputs
  if (data === undefined || data.role === 'literal' || target?.role !== 'literal') return undefined
  const dims = resize(data.dims)
  const rank = target.tensor.size
  const head = dims.slice(0, Math.max(0, rank - 1))
  while (head.length < rank - 1) head.push(1)
  const fits = dims.length >= rank ? [...head, -1] : [...dims, ...new Array<number>(rank - dims.length).fill(1)]
  return { inputs: [withDims(data, dims), { role: 'literal', tensor: Tensor.int64(fits) }] }
}

/** Sizes of the parts follow the axis. */
function split(spec: KernelSpec, _scale: Scale, resize: Resize): Moved {
  const data = spec.inputs[0]
  const parts = spec.inputs[1]
  if (data === undefined || data.role === 'literal' || parts?.role !== 'literal') return undefined
  const axis = intOf(spec, 'axis', 0)
  const at = axis < 0 ? axis + data.dims.length : axis
  const dims = resize(data.dims)
  dims[at] = data.dims[at]!
  return { inputs: [withDims(data, dims), parts] }
}

const rules: Readonly<Record<string, (spec: KernelSpec, scale: Scale, resize: Resize) => Moved>> = {
  Conv: (spec, scale) => convolution(spec, scale, 1),
  FusedConv: (spec, scale) => convolution(spec, scale, 1),
  ConvInteger: (spec, scale) => convolution(spec, scale, 1),
  QLinearConv: (spec, scale) => convolution(spec, scale, 3),
  ConvTranspose: (spec, scale) => convolution(spec, scale, 1),
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Reshape: reshape,
  Split: split,
  ReorderOutput(spec, scale) {
    const data = spec.inputs[0]
    if (data === undefined || data.role === 'literal') return undefined
    const channels = scale(intOf(spec, 'channels', data.dims[1]!))
    const blocks = Math.ceil(channels / 16) * 16
    const dims = [data.dims[0]!, data.dims[1]! % 16 === 0 ? blocks : channels, ...data.dims.slice(2).map(scale)]
    return { inputs: [withDims(data, dims)], attributes: withAttribute(spec, 'channels', attr.int(channels)) }
  },
}
