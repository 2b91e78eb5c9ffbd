import type { DataSet } from '../accuracy/data-set.js'
import { modelOutputs, type RunOptions, type SampleOutputs } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import type { Runtime } from '../runtime/session.js'
import { type Probe, stageProbe } from './probe.js'

/** A model, and values inside it that are wanted beside its outputs, by name. */
export interface Probed {
  readonly model: Model
  readonly values: readonly string[]
  /** The samples as this model takes them. */
  readonly data: DataSet
}

/** What runs two models; both stay open. */
export type TwoRuntimes = readonly [Runtime, Runtime]

/**
 * Runs two models over the same samples, both as the runtime's own optimizer has them, and gives what they answer, sample by
 * sample. Progress is that of the second. Throws UserError where the runtime does not take one of them. Default runtimes: their own.
 */
export async function* sideBySide(
  first: Probed,
  second: Probed,
  options: RunOptions,
  runtimes?: TwoRuntimes,
): AsyncGenerator<readonly [SampleOutputs, SampleOutputs]> {
  const { onProgress: _, ...quiet } = options
  const probes: Probe[] = []
  try {
    for (const { model, values } of [first, second]) probes.push(await stageProbe(model, values))
    const [a, b] = probes as [Probe, Probe]
    const [forFirst, forSecond] = ([0, 1] as const).map(
      (i) => ({ runtime: runtimes?.[i], optimization: 'all' }) as const,
    )
    const expected = modelOutputs({ path: a.path }, a.model, first.data, quiet, forFirst)
    try {
      for await (const found of modelOutputs({ path: b.path }, b.model, second.data, options, forSecond)) {
        const next = await expected.next()
        if (next.done) throw new Error('the original gave fewer answers')
        yield [next.value, found]
      }
    } finally {
      // Frees its session.
      await expected.return(undefined)
    }
  } finally {
    for (const probe of probes) await probe.discard()
  }
}
