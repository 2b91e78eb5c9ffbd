import { constantOf } from '../../ir/constant.js'
import type { Node } from '../../ir/graph.js'
import { type AxisTerm, parseAxisTerm } from '../../ir/ops/axis-words.js'
import type { AxisSizes } from '../../ir/ops/define.js'
import { resolveOp } from '../../ir/ops/index.js'
import { attr, type Patch } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'

/** Writes sizes that a node holds anew, where `sizeOf` says another one than is there; undefined: it stays. */
export function writeSizes(
  patch: Patch,
  node: Node,
  { at, words, replaces }: AxisSizes,
  sizeOf: (term: AxisTerm) => number | undefined,
): void {
  const constant = 'input' in at ? constantOf(node.inputs[at.input]) : undefined
  // A computed list pins what it says; the rest of it follows by itself.
  if ('input' in at && node.inputs[at.input] !== undefined && constant === undefined) return
  const before = 'input' in at ? Array.from(constant?.numbers() ?? []) : integers(node, at.attribute)
  const sizes = words.map((word, i) => (word === undefined ? undefined : sizeOf(parseAxisTerm(word))) ?? before[i]!)
  if (sizes.every((size, i) => size === before[i])) return
  if ('input' in at) {
    const tensor =
      constant?.dtype === 'int32'
        ? Tensor.fromArray('int32', [sizes.length], Int32Array.from(sizes))
        : Tensor.int64(sizes)
    patch.setConstant(node, at.input, tensor, node.inputs[at.input]?.name ?? `${node.outputs[0]?.name}_sizes`)
  } else {
    const isInt = resolveOp(node)?.signature?.attributes.get(at.attribute)?.type === 'int'
    patch.setAttribute(node, at.attribute, isInt ? attr.int(sizes[0]!) : attr.ints(sizes))
  }
  if (replaces !== undefined && node.attributes.has(replaces)) patch.setAttribute(node, replaces, undefined)
}

/** An attribute that is an int or a list of them; nothing where it is absent. */
function integers(node: Node, name: string): readonly number[] {
  const single = node.int(name)
  return single === undefined ? (node.ints(name) ?? []) : [single]
}
