import type { Dim } from '../../ir/dim.js'
import type { Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import type { Trait } from '../../ir/ops/define.js'
import { dimsOf } from '../../ir/type.js'
import { resolve } from './axis-form.js'
import { AxisTable } from './axis-table.js'

/** Operators that slide over, or scale, the third and fourth axis of what they take. */
const spatial: readonly Trait[] = ['convolution', 'pool', 'resize']

/**
 * Which axes of a graph input are height and width: those that become the spatial axes of a convolution, pooling or resizing
 * (NCHW within, whatever the input's own order). Where the way there cannot be followed, the axis of at most four channels
 * tells them. undefined: it is no image. Types are inferred.
 */
export function imageAxes(input: Value): readonly [number, number] | undefined {
  const { model } = input.graph
  const table = new AxisTable(model)
  const forms = table.of(input)?.map(resolve)
  const dims = dimsOf(input.type)
  if (forms === undefined || dims?.length !== 4) return undefined
  for (const node of model.graph.nodes()) {
    const traits = contextOf(node)?.resolved.op.traits ?? []
    if (!spatial.some((trait) => traits.includes(trait))) continue
    const own = node.inputs[0] === undefined ? undefined : table.of(node.inputs[0])
    if (own?.length !== 4) continue
    const [height, width] = [forms.indexOf(resolve(own[2]!)), forms.indexOf(resolve(own[3]!))]
    if (height >= 0 && width >= 0 && height !== width) return [height, width]
  }
  return isOfColours(dims[1]) ? [2, 3] : isOfColours(dims[3]) ? [1, 2] : undefined
}

const isOfColours = (dim: Dim | undefined): boolean => typeof dim === 'number' && dim <= 4
