import type { Node, Value } from '../../ir/graph.js'
import { resolveOp } from '../../ir/ops/index.js'
import type { Kernel } from '../kernels.js'

/**
 * Buffers that a kernel with one result may write it over, provided it is their last reader: element i of the result
 * depends on no other element of them. Declared by trait; an operand that is broadcast has fewer elements and is out.
 */
export function overwritable({ nodes, inputs, outputs }: Kernel, bufferOf: (value: Value) => number): number[] {
  const result = outputs[0]!
  const readers = new Map<number, boolean>()
  for (const { value, elements, bytes } of inputs) {
    const buffer = bufferOf(value)
    const fits = elements === result.elements && bytes === result.bytes
    // From the first node that reads it to the result: what is fused behind may read other elements.
    const isLocal = nodes.slice(nodes.findIndex((node) => node.inputs.includes(value))).every(isElementwise)
    readers.set(buffer, fits && isLocal && readers.get(buffer) !== false)
  }
  const own = bufferOf(result.value)
  return [...readers].filter(([buffer, may]) => may && buffer >= 0 && buffer !== own).map(([buffer]) => buffer)
}

/** Pointwise, or a normalization with fixed statistics, which is a scale and a shift. */
function isElementwise(node: Node): boolean {
  const traits = resolveOp(node)?.op.traits ?? []
  return traits.includes('pointwise') || (traits.includes('normalization') && traits.includes('linear'))
}
