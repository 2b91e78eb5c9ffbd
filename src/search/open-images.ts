import type { Model } from '../ir/graph.js'
import { isDeclined } from '../passes/architecture/declined.js'
import type { DeclinedDecision } from './form-opener.js'
import { candidateTable } from './scoring/candidate-table.js'
import { Structure, type StructureSource } from './scoring/structure.js'
import type { ResolutionChoice } from './space/choice.js'
import { type SizedModel, sizedModels } from './space/image-sizes.js'
import { sizesAtLevels, type WidthOptions } from './space/width-options.js'

/** Sizes of an image that a curated space offers besides the present one: every form of every block is built at each of them. */
const imageLevels = 4

/**
 * A model at the smaller sizes of its image that are worth a choice, largest first: of a curated space those at steps of latency. With
 * what is in the way of others.
 */
export function openImages(
  model: Model,
  { kind }: WidthOptions,
  place: Pick<StructureSource, 'target' | 'binding'>,
): { readonly sized: readonly SizedModel[]; readonly declined: readonly DeclinedDecision[] } {
  const found = sizedModels(model)
  const declined: DeclinedDecision[] = [...found.declined]
  // Sizes at which other kernels would run are not those of one table.
  const sized = found.sized.filter((each) => {
    const both = Structure.of({ models: [model, each.model], groups: [], ...place }, [])
    if (isDeclined(both)) declined.push({ decision: each.decision, why: both })
    return !isDeclined(both)
  })
  return { sized: kind === 'curated' ? atLevels(model, sized, place) : sized, declined }
}

function atLevels(
  model: Model,
  sized: readonly SizedModel[],
  place: Pick<StructureSource, 'target' | 'binding'>,
): SizedModel[] {
  const structure = Structure.of({ models: [model, ...sized.map((each) => each.model)], groups: [], ...place }, [])
  if (isDeclined(structure)) throw new Error(`a size that is possible is declined: ${structure.reason}`)
  const { table } = candidateTable(structure, [], [sized.length + 1], place.target)
  const latencies = [0, ...sized.keys()].map((_, option) => table.score(Uint8Array.of(option)).latencyMs)
  const count = sized.length
  // From the smallest image to the present one: place i is option count - i.
  const places = latencies.map((_, place) => place)
  const chosen = sizesAtLevels(places, latencies.toReversed(), count, imageLevels)
  return sized.filter((_, i) => chosen.includes(count - (i + 1)))
}

/** The size of the image as a choice. */
export const resolutionChoice = (sized: readonly SizedModel[]): ResolutionChoice => ({
  kind: 'resolution',
  input: sized[0]!.decision.input,
  decisions: [undefined, ...sized.map(({ decision }) => decision)],
  keep: 0,
  gone: [[], ...sized.map(() => [])],
})
