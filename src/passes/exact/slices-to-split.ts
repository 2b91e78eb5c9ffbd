import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { sliceRanges } from './slice-ranges.js'

interface Part {
  readonly node: Node
  readonly start: number
  readonly end: number
}

/** Slices that cut a value into parts along one axis, all of it and without overlap, are one Split. */
export const slicesToSplit = definePass({
  id: 'slices-to-split',
  kind: 'exact',
  rule: 'Slice(x, [0, a)), Slice(x, [a, b)), Slice(x, [b, end)) = Split(x)',
  example: ['a = Slice(x, [0], [2]); b = Slice(x, [2], [5])  # 5 rows', 'a, b = Split(x, [2, 3])'],
  roots: ['Slice'],
  match(node) {
    const input = node.inputs[0]
    const dims = dimsOf(input?.type)
    const axis = axisOf(node, dims?.length)
    const size = axis === undefined ? undefined : dims?.[axis]
    if (input === undefined || axis === undefined || size === undefined || !isStatic(size)) return null
    if (constantOf(input) !== undefined || (node.graph.opsets.get('') ?? 0) < 11) return null
    const parts = partition(input, node, axis, dims!.length, size)
    if (parts === undefined || parts[0]!.node !== node) return null
    return (patch) => {
      const sizes = parts.map(({ start, end }) => end - start)
      const first = parts.reduce((a, b) => (b.node.order < a.node.order ? b : a)).node
      const isOld = (node.graph.opsets.get('') ?? 0) < 13
      const lengths = isOld ? undefined : patch.constant(node.graph, Tensor.int64(sizes), `${input.name}_split`)
      const split = patch.insertBefore(first, {
        opType: 'Split',
        inputs: [input, lengths],
        outputs: parts.length,
        attributes: { axis: attr.int(axis), ...(isOld && { split: attr.ints(sizes) }) },
        from: parts.map((part) => part.node),
      })
      parts.forEach((part, i) => {
        patch.replaceNode(part.node, split.outputs[i]!)
      })
    }
  },
})

/** The one axis that a Slice cuts, from the front. */
function axisOf(node: Node, rank: number | undefined): number | undefined {
  const ranges = sliceRanges(node)
  if (rank === undefined || ranges?.length !== 1) return undefined
  const { axis } = ranges[0]!
  return axis < 0 ? axis + rank : axis
}

/** All Slices of the value along the axis in order, when they tile it exactly; they must stand in the value's own graph. */
function partition(input: Value, node: Node, axis: number, rank: number, size: number): Part[] | undefined {
  const parts: Part[] = []
  for (const user of input.users.keys()) {
    if (!user.is('Slice') || user.graph !== node.graph || user.inputs[0] !== input || axisOf(user, rank) !== axis)
      continue
    const { start, end, step } = sliceRanges(user)![0]!
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size)
    if (step !== 1 || user.outputs[0]?.isPinned) return undefined
    parts.push({ node: user, start: clamp(start), end: clamp(end) })
  }
  parts.sort((a, b) => a.start - b.start)
  const tiles = parts.every(({ start, end }, i) => end > start && start === (i === 0 ? 0 : parts[i - 1]!.end))
  return parts.length > 1 && tiles && parts.at(-1)!.end === size ? parts : undefined
}
