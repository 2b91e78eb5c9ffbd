import type { DataSet } from '../accuracy/data-set.js'
import { modelOutputs, type RunOptions, type SampleOutputs } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import { type Probe, stageProbe } from './probe.js'

/** A model, and values inside it that are wanted beside its outputs, by name. */
export interface Probed {
  readonly model: Model
  readonly values: readonly string[]
  /** The samples as this model takes them. */
  readonly data: DataSet
}

/**
 * Runs two models over the same samples and gives what both answer, sample by sample. Progress is that of the second. Throws
 * UserError where the runtime does not take one of them.
 */
export async function* sideBySide(
  first: Probed,
  second: Probed,
  options: RunOptions,
): AsyncGenerator<readonly [SampleOutputs, SampleOutputs]> {
  const { onProgress: _, ...quiet } = options
  const probes: Probe[] = []
  try {
    for (const { model, values } of [first, second]) probes.push(await stageProbe(model, values))
    const [a, b] = probes as [Probe, Probe]
    const expected = modelOutputs({ path: a.path }, a.model, first.data, quiet)
    try {
      for await (const found of modelOutputs({ path: b.path }, b.model, second.data, options)) {
        const next = await expected.next()
        if (next.done) throw new Error('the original gave fewer answers')
        yield [next.value, found]
      }
    } finally {
      // Ends its process.
      await expected.return(undefined)
    }
  } finally {
    for (const probe of probes) await probe.discard()
  }
}
