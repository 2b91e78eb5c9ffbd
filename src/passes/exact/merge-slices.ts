import { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { type SliceRange, sliceRanges } from './slice-ranges.js'

/**
 * Slices of different axes in a row are one Slice. On the same axis two forward ranges with step 1 and bounds counted from
 * the front compose: [a, b) then [c, d) is [a + c, min(b, a + d)).
 */
export const mergeSlices = definePass({
  id: 'merge-slices',
  kind: 'exact',
  rule: 'Slice(Slice(x, r on axis i), s on axis j) = Slice(x, [r, s])',
  example: ['y = Slice(Slice(x, [0], [2], [0]), [1], [3], [1])', 'y = Slice(x, [0, 1], [2, 3], [0, 1])'],
  roots: ['Slice'],
  match(node) {
    const inner = node.inputs[0]?.producer
    const source = inner?.inputs[0]
    if (inner === undefined || source === undefined || !inner.is('Slice') || node.inputs[0]?.soleUser !== node)
      return null
    if ((node.graph.opsets.get('') ?? 0) < 10 || inner.graph !== node.graph) return null
    const rank = dimsOf(source.type)?.length
    const first = sliceRanges(inner)
    const second = sliceRanges(node)
    if (first === undefined || second === undefined) return null
    const merged = compose(counted(first, rank), counted(second, rank))
    if (merged === undefined) return null
    return (patch) => {
      const name = node.outputs[0]!.name
      const list = (part: string, values: readonly number[]) =>
        patch.constant(node.graph, Tensor.int64(values.map(toInt64)), `${name}_${part}`)
      const slice = patch.insertBefore(node, {
        opType: 'Slice',
        inputs: [
          source,
          list(
            'starts',
            merged.map(({ start }) => start),
          ),
          list(
            'ends',
            merged.map(({ end }) => end),
          ),
          list(
            'axes',
            merged.map(({ axis }) => axis),
          ),
          list(
            'steps',
            merged.map(({ step }) => step),
          ),
        ],
        from: [node, inner],
      })
      patch.replaceNode(node, slice.outputs[0]!)
    }
  },
})

/** Saturated bounds stand for the end of the axis. */
const toInt64 = (value: number): bigint => {
  if (value >= Number.MAX_SAFE_INTEGER) return 2n ** 63n - 1n
  return value <= Number.MIN_SAFE_INTEGER ? -(2n ** 63n) + 1n : BigInt(value)
}

/** Axes from the front; undefined when a negative axis meets an unknown rank. */
function counted(ranges: readonly SliceRange[], rank: number | undefined): SliceRange[] | undefined {
  if (ranges.some(({ axis }) => axis < 0) && rank === undefined) return undefined
  return ranges.map((range) => ({ ...range, axis: range.axis < 0 ? range.axis + rank! : range.axis }))
}

function compose(first: SliceRange[] | undefined, second: SliceRange[] | undefined): SliceRange[] | undefined {
  if (first === undefined || second === undefined) return undefined
  const merged = new Map(first.map((range) => [range.axis, range]))
  for (const range of second) {
    const before = merged.get(range.axis)
    if (before === undefined) {
      merged.set(range.axis, range)
      continue
    }
    const isPlain = [before, range].every(({ start, end, step }) => step === 1 && start >= 0 && end >= 0)
    if (!isPlain) return undefined
    const start = before.start + range.start
    // A start past the inner end is an empty range either way.
    merged.set(range.axis, { ...range, start, end: Math.min(before.end, before.start + range.end) })
  }
  return [...merged.values()]
}
