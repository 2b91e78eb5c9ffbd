import { type Dim, isStatic } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { type AxisTerm, namesIn } from '../../ir/ops/axis-words.js'
import { dimsOf } from '../../ir/type.js'
import { type AxisForm, sizeOf } from './axis-form.js'
import { namesOf } from './axis-role.js'
import { formOf, type NodeAxes } from './axis-table.js'
import type { ChannelGroup } from './channel-groups.js'
import { weightValues } from './importance.js'
import { unitsAt } from './positions.js'

/** Where channels of a group are read. */
export interface ReadAxis {
  readonly value: Value
  readonly axis: number
  /** Length of the axis. */
  readonly positions: number
}

/** A node that sums over the channels of a group with constant weights. */
export interface LinearReader extends ReadAxis {
  readonly node: Node
  /** Unit of every position of the axis; -1: of none in the group. */
  readonly units: Int32Array
  /**
   * [positions, positions], row-major: the product of the weights of two positions, summed over what they add to (outputs and
   * taps). With the covariances of the positions, element by element, it is what they add to the variance of the outputs.
   */
  gram(): Float64Array
}

/** Nodes with weights that sum over the channels. Those whose operands cannot be told apart by axis are left out. */
export function linearReaders(group: ChannelGroup): LinearReader[] {
  const seen = new Set<Node>()
  return group.members.flatMap(({ role, node, input, value }) => {
    if (role !== 'consumer' || node === undefined || seen.has(node)) return []
    seen.add(node)
    const axes = axesOf(group, node)
    const read = axes && readAxes(group, axes)[0]
    const weights = weightValues(value)
    if (axes === undefined || read === undefined || weights === undefined) return []
    const layout = layoutOf(axes, input!, read)
    if (layout === undefined || layout.size !== weights.values.length) return []
    const units = unitsAt(formOf(read.term, axes.forms), group.run)
    return [{ ...read, node, units, gram: () => weightGram(weights.values, layout) }]
  })
}

/**
 * Axes at which the group is or may come to be read by linear layers: inputs of what sums over it, and of convolutions that
 * take each channel by itself (a rewrite may make them dense).
 */
export function readingAxes(group: ChannelGroup): ReadAxis[] {
  return group.members.flatMap(({ role, node }) => {
    const isRead = role === 'consumer' || (role === 'parameter' && node !== undefined && isConvolution(node))
    const axes = isRead && node !== undefined ? axesOf(group, node) : undefined
    return axes === undefined ? [] : readAxes(group, axes)
  })
}

const axesOf = ({ table }: ChannelGroup, node: Node): NodeAxes | undefined =>
  table.nodes.find((axes) => axes.node === node)

const isConvolution = (node: Node): boolean => contextOf(node)?.resolved.op.traits.includes('convolution') === true

/** Axes of computed operands that have the group's channels. */
function readAxes({ members }: ChannelGroup, { node, words }: NodeAxes): (ReadAxis & { readonly term: AxisTerm })[] {
  return members.flatMap(({ role, value, axis }) => {
    const input = role === 'activation' ? node.inputs.indexOf(value) : -1
    const term = words.inputs[input]?.[axis]
    const positions = dimsOf(value.type)?.[axis]
    return term === undefined || positions === undefined || !isStatic(positions)
      ? []
      : [{ value, axis, positions, term }]
  })
}

/** How the weights of a position lie: at `bases[position] + offsets[i]`; positions of different `outputs` add to different outputs. */
interface WeightLayout {
  readonly size: number
  readonly bases: Int32Array
  readonly offsets: Int32Array
  readonly outputs: Int32Array
}

interface NamedAxis {
  readonly name: string
  readonly size: number
}

function layoutOf(axes: NodeAxes, input: number, { term }: { readonly term: AxisTerm }): WeightLayout | undefined {
  const { words, forms } = axes
  const read = namedAxes([term], forms)
  const weights = namedAxes(words.inputs[input] ?? [], forms)
  if (read === undefined || weights === undefined) return undefined
  const given = new Set(words.outputs.flatMap(namesOf))
  const strides = new Map<string, number>()
  let size = 1
  for (const { name, size: extent } of [...weights].reverse()) {
    strides.set(name, size)
    size *= extent
  }
  const own = new Set(read.map(({ name }) => name))
  return {
    size,
    bases: indexes(read, ({ name }) => strides.get(name) ?? 0),
    offsets: indexes(
      weights.filter(({ name }) => !own.has(name)),
      ({ name }) => strides.get(name)!,
    ),
    outputs: outputIndexes(read, given),
  }
}

/** For every position, which outputs it adds to as far as its own names tell. */
function outputIndexes(read: readonly NamedAxis[], given: ReadonlySet<string>): Int32Array {
  let stride = 1
  const strides = new Map<string, number>()
  for (const { name, size } of read) {
    if (!given.has(name)) continue
    strides.set(name, stride)
    stride *= size
  }
  return indexes(read, ({ name }) => strides.get(name) ?? 0)
}

/** The names that axes are products of, outermost first; undefined: an axis is a concatenation, or its size is not known. */
function namedAxes(terms: readonly AxisTerm[], forms: ReadonlyMap<string, AxisForm>): NamedAxis[] | undefined {
  if (terms.some(hasSum)) return undefined
  const axes: NamedAxis[] = []
  for (const { name } of terms.flatMap((term) => [...namesIn(term)])) {
    const size: Dim = sizeOf(forms.get(name)!)
    if (!isStatic(size)) return undefined
    axes.push({ name, size })
  }
  return axes
}

const hasSum = (term: AxisTerm): boolean => term.kind === 'sum' || (term.kind === 'product' && term.terms.some(hasSum))

/** For every combination of positions, the first axis outermost, the sum of position x stride. */
function indexes(axes: readonly NamedAxis[], strideOf: (axis: NamedAxis) => number): Int32Array {
  return axes.reduce((outer, axis) => {
    const stride = strideOf(axis)
    const all = new Int32Array(outer.length * axis.size)
    outer.forEach((base, i) => {
      for (let j = 0; j < axis.size; j++) all[i * axis.size + j] = base + j * stride
    })
    return all
  }, Int32Array.of(0))
}

function weightGram(values: ArrayLike<number>, { bases, offsets, outputs }: WeightLayout): Float64Array {
  const [positions, width] = [bases.length, offsets.length]
  const rows = new Float64Array(positions * width)
  bases.forEach((base, p) => {
    for (let i = 0; i < width; i++) rows[p * width + i] = values[base + offsets[i]!]!
  })
  const gram = new Float64Array(positions * positions)
  for (let p = 0; p < positions; p++) {
    for (let q = 0; q <= p; q++) {
      if (outputs[p] !== outputs[q]) continue
      let sum = 0
      for (let i = 0; i < width; i++) sum += rows[p * width + i]! * rows[q * width + i]!
      gram[p * positions + q] = sum
      gram[q * positions + p] = sum
    }
  }
  return gram
}
