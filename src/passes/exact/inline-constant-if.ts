import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import { cloneNodes } from '../clone-nodes.js'
import { definePass } from '../define.js'

/** An If whose condition is known is the branch it takes, put in its place. */
export const inlineConstantIf = definePass({
  id: 'inline-constant-if',
  kind: 'exact',
  rule: 'If(true, a, b) = a; If(false, a, b) = b',
  example: ['y = If<then: Relu(x), else: x>(true)', 'y = Relu(x)'],
  roots: ['If'],
  match(node) {
    const condition = conditionOf(node)
    if (condition === undefined || !node.is('If')) return null
    const branch = node.subgraph(condition ? 'then_branch' : 'else_branch')
    if (branch === undefined || branch.outputs.length < node.outputs.length) return null
    return (patch) => {
      const map = new Map<Value, Value | undefined>()
      cloneNodes(patch, branch, node, map)
      node.outputs.forEach((output, i) => {
        if (output?.isUsed) giveWay(patch, node, output, map.get(branch.outputs[i]!) ?? branch.outputs[i]!)
      })
      patch.removeIfDead(node)
    }
  },
})

function conditionOf(node: Node): boolean | undefined {
  const tensor = constantOf(node.inputs[0])
  if (tensor !== undefined && tensor.size === 1) return tensor.numbers()[0] !== 0
  const known = node.inputs[0]?.content?.[0]
  return known !== undefined && isStatic(known) ? known !== 0 : undefined
}

/** Lets `value` take over from an output of `node`; where the interface forbids it, an Identity does. */
export function giveWay(patch: Patch, node: Node, output: Value, value: Value): void {
  if (Patch.canReplace(output, value)) patch.replaceValue(output, value)
  else
    patch.replaceValue(
      output,
      patch.insertBefore(node, { opType: 'Identity', inputs: [value], from: [node] }).outputs[0]!,
    )
}
