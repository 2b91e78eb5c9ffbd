import type { Model } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import { Patch } from '../ir/patch.js'
import type { RecipeResult } from '../passes/architecture/recipe.js'
import { fitTask } from './fit-task.js'
import type { TuneReport } from './tuner.js'

/** Weights that a layer was fitted to have. */
export interface FittedWeights {
  /** Value of the original that it was fitted to. */
  readonly target: string
  /** [groups, width, outputs], as linear layers have them; see `LinearLayer`. */
  readonly dims: readonly [groups: number, width: number, outputs: number]
  readonly values: Float32Array
}

type Rewritten = Pick<RecipeResult, 'model' | 'correspondence'>

/** The weights of the layers that a fit of a rewritten model speaks of. */
export function fittedWeights(original: Model, result: Rewritten, { layers }: TuneReport): FittedWeights[] {
  const fitted = new Set(layers.map(({ layer }) => layer))
  return tasksOf(original, result).flatMap(({ layer, target }) => {
    if (!fitted.has(layer.node.label)) return []
    const values = new Float32Array(layer.groups * layer.width * layer.outputs)
    for (let group = 0; group < layer.groups; group++)
      values.set(layer.weights(group), group * layer.width * layer.outputs)
    return [{ target, dims: [layer.groups, layer.width, layer.outputs] as const, values }]
  })
}

/** Gives layers of another rewritten model the weights that were fitted to the same values, where they have the same sizes. */
export function inheritWeights(original: Model, result: Rewritten, weights: readonly FittedWeights[]): void {
  if (weights.length === 0) return
  const byTarget = new Map(weights.map((each) => [each.target, each]))
  const patch = new Patch(result.model)
  for (const { layer, target } of tasksOf(original, result)) {
    const known = byTarget.get(target)
    if (known === undefined) continue
    const [groups, width, outputs] = known.dims
    if (layer.groups !== groups || layer.width !== width || layer.outputs !== outputs) continue
    const size = width * outputs
    const ofGroup = (group: number) => Float64Array.from(known.values.subarray(group * size, (group + 1) * size))
    layer.write(
      patch,
      Array.from({ length: groups }, (_, group) => ofGroup(group)),
    )
  }
  patch.collectGarbage(() => true)
}

function tasksOf(original: Model, { model, correspondence }: Rewritten) {
  const known = new Set([...valuesOf(original.graph)].map(({ name }) => name))
  return [...model.graph.nodes()].flatMap((node) => fitTask(node, { correspondence }, known) ?? [])
}
