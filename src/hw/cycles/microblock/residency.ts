import type { Value } from '../../../ir/graph.js'
import type { Kernel } from '../../kernels.js'
import { Storages } from '../../memory/storage.js'
import type { MicroblockTarget } from '../../target.js'
import { bitsPerWeightOf } from './entropy.js'
import type { Source, Step } from './maps.js'
import type { MicroblockPlacement } from './placement.js'
import { planSequence } from './sequence.js'

/** Where the activations of each of a graph's kernels are, and under what its filters are fetched. */
export function microblockResidency(kernels: readonly Kernel[], target: MicroblockTarget): MicroblockPlacement[] {
  return planSequence(stepsOf(kernels), target).map(({ placement }) => placement)
}

/** Kernels in order, values that share memory taken as one map. */
export function stepsOf(kernels: readonly Kernel[]): Step[] {
  const storages = new Storages(() => true)
  const makers = new Map<Value, number>()
  const results = new Set(kernels[0]?.nodes[0]?.graph.root.outputs.map((output) => storages.of(output)))
  return kernels.map((kernel, at) => {
    const { shape, inputs, outputs } = kernel
    const reads = inputs.map(({ value }): Source => {
      const storage = storages.of(value)
      return makers.get(storage) ?? (storage.isInput && storage.graph.parent === undefined ? 'network' : 'elsewhere')
    })
    for (const { value } of outputs) makers.set(storages.of(value), at)
    const isOutput = outputs.some(({ value }) => results.has(storages.of(value)))
    return { shape, reads, isOutput, bitsPerWeight: bitsPerWeightOf(kernel) }
  })
}
