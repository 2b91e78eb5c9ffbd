import type { Node, Value } from '../../ir/graph.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** The axis of a Concat or Split counted from the front, when that can be told. */
function axisOf(node: Node): number | undefined {
  const axis = node.int('axis', node.is('Split') ? 0 : 1)
  if (axis >= 0) return axis
  const rank = dimsOf(node.inputs[0]?.type)?.length ?? dimsOf(node.outputs[0]?.type)?.length
  return rank === undefined ? undefined : axis + rank
}

/** Concat(Concat(a, b), c) = Concat(a, b, c) along one axis. */
export const mergeConcats = definePass({
  id: 'merge-concats',
  kind: 'exact',
  rule: 'Concat(Concat(a, b), c) = Concat(a, b, c)',
  example: ['y = Concat<axis=1>(Concat<axis=1>(a, b), c)', 'y = Concat<axis=1>(a, b, c)'],
  roots: ['Concat'],
  match(node) {
    if (!node.is('Concat')) return null
    const axis = axisOf(node)
    const inner = node.inputs.find(
      (input) =>
        input?.producer?.is('Concat') &&
        input.soleUser === node &&
        input.producer.graph === node.graph &&
        axisOf(input.producer) === axis,
    )
    if (axis === undefined || inner?.producer === undefined) return null
    const { producer } = inner
    const operands = node.inputs.flatMap((input): (Value | undefined)[] =>
      input === inner ? producer.inputs : [input],
    )
    return (patch) => {
      const merged = patch.insertBefore(node, {
        opType: 'Concat',
        inputs: operands,
        attributes: Object.fromEntries(node.attributes),
        from: [node, producer],
      })
      patch.replaceNode(node, merged.outputs[0]!)
    }
  },
})

/** Concat of all parts of a Split, in order and along its axis, is what was split. */
export const joinSplitParts = definePass({
  id: 'join-split-parts',
  kind: 'exact',
  rule: 'Concat(Split(x)) = x',
  example: ['y = Concat<axis=1>(Split<axis=1>(x))', 'y = x'],
  roots: ['Concat'],
  match(node) {
    const split = node.inputs[0]?.producer
    const source = split?.inputs[0]
    if (split === undefined || source === undefined || !split.is('Split') || !node.is('Concat')) return null
    if (node.inputs.length !== split.outputs.length) return null
    if (node.inputs.some((input, i) => input === undefined || input !== split.outputs[i])) return null
    const axis = axisOf(split)
    return axis !== undefined && axis === axisOf(node) ? bypass(node, source) : null
  },
})
