import { estimate } from '../estimator/estimate.js'
import { areaOf } from '../hw/area.js'
import type { Target } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import {
  type ComparedModel,
  type ComparedTarget,
  type Comparison,
  figuresOf,
  rankTargets,
} from '../report/comparison.js'

export interface CompareOptions {
  /** Sizes of symbolic dims, chosen once the model's inputs are known. */
  readonly bind?: (model: Model) => ReadonlyMap<string, number>
  readonly onProgress?: (text: string) => void
  readonly signal?: AbortSignal
}

/** Every model on every target. A model that cannot be read is named, and the rest goes on. */
export async function compareTargets(
  files: readonly string[],
  candidates: readonly { readonly target: Target; readonly source: string }[],
  { bind, onProgress, signal }: CompareOptions = {},
): Promise<Comparison> {
  const targets = candidates.map(({ target, source }): ComparedTarget => {
    const isAmbiguous = candidates.some((other) => other.source !== source && other.target.name === target.name)
    return { name: isAmbiguous ? source : target.name, kind: target.kind, area: areaOf(target) ?? null }
  })
  const models: ComparedModel[] = []
  const failed: { file: string; error: string }[] = []
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted()
    onProgress?.(`[${i + 1}/${files.length}] ${file}`)
    try {
      const model = await readModel(file)
      const symbols = bind?.(model) ?? new Map<string, number>()
      const results = candidates.map(({ target }) => figuresOf(estimate(model, target, { symbols })))
      models.push({ file, results })
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'usage') throw error
      error.file ??= file
      failed.push({ file, error: error.line() })
    }
  }
  return { comparisonVersion: 1, targets, models, failed, ranking: rankTargets(targets, models) }
}
