import { constantOf } from '../ir/constant.js'
import type { Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'

/**
 * Whether a node only carries data from one number format to another by constant parameters, as QuantizeLinear and
 * DequantizeLinear do. What the graph gives back is converted for its caller, which is work on any target.
 */
export function isFormatConversion(node: Node): boolean {
  const traits = contextOf(node)?.resolved.op.traits ?? []
  const [output, ...others] = node.outputs
  return (
    traits.length === 1 &&
    traits[0] === 'quantization' &&
    output !== undefined &&
    others.length === 0 &&
    !output.isGraphOutput &&
    node.inputs.slice(1).every((input) => input === undefined || constantOf(input) !== undefined)
  )
}

/** The value whose elements `value` holds, in whatever format. */
export function beforeConversions(value: Value): Value {
  let source = value
  while (source.producer !== undefined && isFormatConversion(source.producer)) source = source.producer.inputs[0]!
  return source
}
