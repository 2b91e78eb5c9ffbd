import { createHash } from 'node:crypto'
import type { Graph, Value } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { definePass } from '../define.js'
import { sameTensor } from './same-attributes.js'

/** External content larger than this is compared by where it lies, never read. Bytes. */
const readLimit = 64 * 1024 * 1024

/** Equal constants are stored once; consumers in subgraphs use the outer one. */
export const mergeDuplicateInitializers = definePass({
  id: 'merge-duplicate-initializers',
  kind: 'exact',
  rule: 'two initializers with equal dtype, dims and bytes are one',
  example: [
    'initializers a = b = [1, 2]; y = Add(x, a); z = Mul(y, b)',
    'initializer a = [1, 2]; y = Add(x, a); z = Mul(y, a)',
  ],
  sweep({ model }, patch, report) {
    const bySize = new Map<string, Value[]>()
    for (const root of model.roots()) collect(root, bySize)
    for (const candidates of bySize.values()) {
      if (candidates.length < 2) continue
      const kept = new Map<string, Value[]>()
      for (const value of candidates) {
        const key = contentKey(value.tensor!)
        const earlier = kept.get(key) ?? []
        const twin = earlier.find((other) => Patch.canReplace(value, other) && isSame(other.tensor!, value.tensor!))
        if (twin === undefined) kept.set(key, [...earlier, value])
        else if (report.fire(`initializer ${value.name}`)) patch.replaceValue(value, twin)
      }
    }
  },
})

function collect(graph: Graph, into: Map<string, Value[]>): void {
  for (const value of graph.initializers) {
    const { tensor } = value
    if (tensor === undefined || value.isInput || value.isPinned || value.isGraphOutput) continue
    // In training mode a runtime updates statistics in place: they must not share storage with anything.
    if ([...value.users.keys()].some((user) => user.int('training_mode', 0) !== 0)) continue
    const key = `${tensor.dtype} ${tensor.dims} ${tensor.byteLength}`
    const list = into.get(key)
    if (list === undefined) into.set(key, [value])
    else list.push(value)
  }
  for (const node of graph.nodes()) for (const inner of node.subgraphs()) collect(inner, into)
}

/** A digest, or the slice of an external file that is too large to read for this. */
function contentKey(tensor: Tensor): string {
  const file = tensor.externalFile
  if (file !== undefined && tensor.byteLength > readLimit) return `${file.path} ${file.offset}`
  const digest = createHash('sha1')
  if (tensor.dtype === 'string') for (const text of tensor.strings()) digest.update(`${text.byteLength} `).update(text)
  else digest.update(tensor.bytes())
  return digest.digest('base64')
}

/** Digests agree; small contents are compared for certain, large external ones are the same slice already. */
const isSame = (a: Tensor, b: Tensor): boolean =>
  a.externalFile !== undefined && a.byteLength > readLimit ? true : sameTensor(a, b)
