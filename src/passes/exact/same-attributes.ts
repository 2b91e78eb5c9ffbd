import type { Attribute, Node } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'

/** Whether two nodes carry equal attributes. Graphs and messages that are not understood are equal only to themselves. */
export function sameAttributes(a: Node, b: Node): boolean {
  if (a.attributes.size !== b.attributes.size) return false
  for (const [name, attribute] of a.attributes) {
    const other = b.attributes.get(name)
    if (other === undefined || !sameAttribute(attribute, other)) return false
  }
  return true
}

/** Equal in kind and content; graphs only to themselves. */
export function sameAttribute(a: Attribute, b: Attribute): boolean {
  if (a.value === b.value) return a.kind === b.kind
  switch (a.kind) {
    case 'float':
      return b.kind === 'float' && Object.is(a.value, b.value)
    case 'string':
      return b.kind === 'string' && Buffer.compare(a.value, b.value) === 0
    case 'ints':
      return b.kind === 'ints' && a.value.length === b.value.length && a.value.every((value, i) => value === b.value[i])
    case 'floats':
      return (
        b.kind === 'floats' &&
        a.value.length === b.value.length &&
        a.value.every((value, i) => Object.is(value, b.value[i]))
      )
    case 'strings':
      return (
        b.kind === 'strings' &&
        a.value.length === b.value.length &&
        a.value.every((value, i) => Buffer.compare(value, b.value[i]!) === 0)
      )
    case 'tensor':
      return b.kind === 'tensor' && sameTensor(a.value, b.value)
    default:
      return false
  }
}

/** Same dtype, dims and bytes. */
export function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a === b) return true
  if (a.dtype !== b.dtype || a.dims.length !== b.dims.length || a.dims.some((dim, i) => dim !== b.dims[i])) return false
  if (a.dtype === 'string') {
    const other = b.strings()
    return a.strings().every((text, i) => Buffer.compare(text, other[i]!) === 0)
  }
  return a.byteLength === b.byteLength && Buffer.compare(a.bytes(), b.bytes()) === 0
}
