import { setImmediate } from 'node:timers/promises'
import type { Binding } from '../hw/kernels.js'
import type { Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { type ChannelGroup, channelGroups } from '../passes/architecture/channel-groups.js'
import { isDeclined } from '../passes/architecture/declined.js'
import { findBlocks } from '../passes/architecture/find-blocks.js'
import { freeGroups } from '../passes/architecture/widths.js'
import { convolutionsOutside } from './alternatives.js'
import { type DeclinedDecision, FormOpener } from './form-opener.js'
import { openImages, resolutionChoice } from './open-images.js'
import { approximationOf, type CandidateTable, candidateTable } from './scoring/candidate-table.js'
import { hollowCopy } from './scoring/hollow-model.js'
import { type ChosenGroup, Structure, type StructureSource } from './scoring/structure.js'
import type { WidthChoice } from './space/choice.js'
import { Space } from './space/space.js'
import {
  allowedSizes,
  granularityOf,
  type SizeFilter,
  sizesAtLevels,
  type WidthOptions,
  widthSizes,
} from './space/width-options.js'

/** What a search may change. */
export type SpacePart = 'widths' | 'blocks' | 'convolutions' | 'resolution'

export const spaceParts: readonly SpacePart[] = ['widths', 'blocks', 'convolutions', 'resolution']

/** What of a model may change, and by which steps. */
export interface SpaceOptions {
  readonly parts: readonly SpacePart[]
  readonly widths: WidthOptions
  /** Sizes that are allowed are offered besides those that the space has by itself: at least one for each group, if there is any. */
  readonly isAllowed?: SizeFilter | undefined
  readonly binding?: Binding
  readonly signal?: AbortSignal | undefined
}

/** A space with what its candidates cost. */
export interface OpenedSpace extends CandidateTable {
  readonly space: Space
  /** Why scores are not those of the built model; undefined: they are. */
  readonly approximation: string | undefined
  /** Options that the model or the space does not allow, with what is in their way. */
  readonly declined: readonly DeclinedDecision[]
}

/**
 * The space of a model for a target: the widths of all free groups, the size of its image and the forms of all blocks and of the
 * convolutions outside of them, each tried on a copy without weights. The model is left as it is.
 */
export async function openSpace(
  model: Model,
  target: Target,
  { parts, widths, isAllowed, binding = {}, signal }: SpaceOptions,
): Promise<OpenedSpace> {
  const hollow = hollowCopy(model)
  inferTypes(hollow)
  const place: Place = { target, binding }
  const offer: SizeOffer = { hasBlocks: parts.includes('blocks'), isAllowed }
  const possible = parts.includes('widths') ? chosenGroups(hollow, widths, offer) : []
  const groups = widths.kind === 'curated' ? curatedGroups(hollow, possible, offer, widths.levels, place) : possible
  const images = parts.includes('resolution') ? openImages(hollow, widths, place) : undefined
  const sized = images?.sized ?? []
  const resolution = sized.length === 0 ? [] : [resolutionChoice(sized)]
  const base = structureOf({ models: [hollow, ...sized.map((each) => each.model)], groups, ...place })
  const opener = new FormOpener(base, groups.length + resolution.length)
  const blocks = findBlocks(hollow)
  const breathe = async () => {
    // Lets an interruption through.
    await setImmediate()
    signal?.throwIfAborted()
  }
  for (const block of parts.includes('blocks') ? blocks : []) {
    await breathe()
    opener.openBlock(block)
  }
  for (const node of parts.includes('convolutions') ? convolutionsOutside(hollow, blocks) : []) {
    await breathe()
    opener.openConvolution(node)
  }
  const space = new Space([...groups.map(({ choice }) => choice), ...resolution, ...opener.choices])
  return {
    space,
    ...candidateTable(base, opener.variations, space.optionCounts, target),
    approximation: approximationOf(target),
    declined: [...(images?.declined ?? []), ...opener.declined],
  }
}

/** What candidates are estimated for. */
type Place = Pick<StructureSource, 'target' | 'binding'>

interface SizeOffer {
  readonly hasBlocks: boolean
  readonly isAllowed: SizeFilter | undefined
}

/** A group with sizes to choose from, those that somebody asks for among them; none: there is nothing to choose. */
function choiceAmong(group: ChannelGroup, sizes: readonly number[], offer: SizeOffer): ChosenGroup[] {
  const { isAllowed, hasBlocks } = offer
  const asked = isAllowed === undefined ? [] : allowedSizes(group, sizes, granularityOf(group, hasBlocks), isAllowed)
  const all = [...new Set([...sizes, ...asked])].sort((a, b) => a - b)
  const choice: WidthChoice = { kind: 'width', group: group.name, sizes: all, keep: all.indexOf(group.size) }
  return all.length > 1 ? [{ choice, group }] : []
}

/** Free groups with more than one size. */
const chosenGroups = (model: Model, options: WidthOptions, offer: SizeOffer): ChosenGroup[] =>
  freeGroups(channelGroups(model)).flatMap((group) =>
    choiceAmong(group, widthSizes(group, options, granularityOf(group, offer.hasBlocks)), offer),
  )

function structureOf(source: StructureSource): Structure {
  const base = Structure.of(source, [])
  if (isDeclined(base)) throw new Error(`a model without decisions is declined: ${base.reason} at ${base.place}`)
  return base
}

/** Of every group the sizes at steps of the model's latency, all other groups as they are; of those that are allowed likewise. */
function curatedGroups(
  model: Model,
  groups: readonly ChosenGroup[],
  offer: SizeOffer,
  levels: number,
  place: Place,
): ChosenGroup[] {
  const space = new Space(groups.map(({ choice }) => choice))
  const base = structureOf({ models: [model], groups, ...place })
  const { table } = candidateTable(base, [], space.optionCounts, place.target)
  return groups.flatMap(({ group, choice }, i) => {
    const latencies = choice.sizes.map((_, option) => table.score(space.with(space.original, i, option)).latencyMs)
    const curated = (options: readonly number[]) =>
      sizesAtLevels(
        options.map((option) => choice.sizes[option]!),
        options.map((option) => latencies[option]!),
        options.indexOf(choice.keep),
        levels,
      )
    const all = [...choice.sizes.keys()]
    const allowed = all.filter((option) => option === choice.keep || offer.isAllowed?.(group, choice.sizes[option]!))
    return choiceAmong(group, [...new Set([...curated(all), ...curated(allowed)])], offer)
  })
}
