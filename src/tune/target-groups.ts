import type { Model, Value } from '../ir/graph.js'
import { dimsOf } from '../ir/type.js'
import { isSum } from '../passes/architecture/linear-stream.js'
import type { RowLayout } from './feature-rows.js'
import { linearLayer } from './linear-layer.js'

/** Values with their layouts, by name. */
export type Targets = ReadonlyMap<string, RowLayout>

/** Channels of a group, over all its values: rows of a brief fit take some 130 MB then. */
export const groupChannels = 4096

/**
 * What rewritten layers are most often fitted to: outputs of an original's own linear layers, and sums of those with a residual.
 * In groups of neighbours, in execution order, at least one. They depend on nothing but the model: a runtime rounds a value otherwise when other
 * values are asked for beside it, since it fuses other nodes then.
 */
export function targetGroups(model: Model): Targets[] {
  const groups = [new Map<string, RowLayout>()]
  let channels = 0
  for (const [value, layout] of layerResults(model)) {
    const dims = dimsOf(value.type)
    const size = layout === 'channels-first' ? dims?.[1] : dims?.at(-1)
    const own = typeof size === 'number' ? size : groupChannels
    if (channels > 0 && channels + own > groupChannels) {
      groups.push(new Map())
      channels = 0
    }
    channels += own
    groups.at(-1)!.set(value.name, layout)
  }
  return groups
}

function layerResults(model: Model): Map<Value, RowLayout> {
  const results = new Map<Value, RowLayout>()
  for (const node of model.graph.nodes()) {
    const layer = linearLayer(node)
    if (layer === undefined) continue
    const { output, layout } = layer
    results.set(output, layout)
    const reader = output.soleUser
    if (reader !== undefined && isSum(reader)) results.set(reader.outputs[0]!, layout)
  }
  return results
}
