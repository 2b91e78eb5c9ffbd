import type { Node, Value } from './graph.js'
import { Tensor } from './tensor.js'

const ofNodes = new WeakMap<Node, Tensor>()

/** The content of a value that is the same in every run: an initializer nobody can override, or a Constant node's output. */
export function constantOf(value: Value | undefined): Tensor | undefined {
  if (value === undefined) return undefined
  if (value.isConstant) return value.tensor
  const node = value.producer
  return node?.is('Constant') ? tensorOfConstantNode(node) : undefined
}

/** The tensor a Constant node stands for, whichever of its attributes holds it; undefined for sparse ones. */
export function tensorOfConstantNode(node: Node): Tensor | undefined {
  const dense = node.tensor('value')
  if (dense !== undefined) return dense
  let tensor = ofNodes.get(node)
  if (tensor === undefined) {
    tensor = fromPlainAttribute(node)
    if (tensor !== undefined) ofNodes.set(node, tensor)
  }
  return tensor
}

function fromPlainAttribute(node: Node): Tensor | undefined {
  for (const [name, attribute] of node.attributes) {
    if (!name.startsWith('value_')) continue
    switch (attribute.kind) {
      case 'float':
        return Tensor.float32([attribute.value], [])
      case 'floats':
        return Tensor.float32(attribute.value)
      case 'int':
        return Tensor.int64([attribute.value], [])
      case 'ints':
        return Tensor.int64(attribute.value)
      case 'string': {
        const text = attribute.value
        return Tensor.fromStrings([], () => [text])
      }
      case 'strings': {
        const texts = attribute.value
        return Tensor.fromStrings([texts.length], () => texts)
      }
      default:
    }
  }
  return undefined
}
