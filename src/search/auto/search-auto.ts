import type { SearchRequest } from '../request.js'
import { keyOf } from '../space/space.js'
import { leastCandidate } from '../supernet/single-recipes.js'
import { type BuildingOutcome, type BuildingRequest, settledOutcome } from './building.js'
import { evolveBuilt } from './evolve-built.js'
import { frontOf } from './finals.js'
import { dropPerLoss } from './ladder.js'
import { candidatesAtLevels } from './levels.js'
import { type BuiltCandidate, briefSlack } from './measured.js'
import { corrected, optionLosses } from './option-losses.js'
import { promisingOptions } from './screening.js'
import { survivors } from './survivors.js'
import { Workshop } from './workshop.js'

/** Shares of the original's latency that the first candidates are to keep. */
const [highestLevel, lowestLevel] = [0.95, 0.35]

/** Of the candidates the share that is looked at before the interesting range is known. */
const firstShare = 0.6

/**
 * The families one after the other: single options are screened by guesses that cost nothing and measured, an integer program
 * puts them together at many levels of latency, and those candidates are built, in two rounds, of which the second looks closer
 * at where the metric gives way; with `supernet`, from there sub-networks evolve that inherit what options were fitted to, and the
 * best of them are built; the few that may win are refitted with all effort, by successive halving of the range between what
 * keeps the metric and what does not.
 *
 * Found is the fastest candidate within the budgets whose metric drops by no more than allowed; with a budget of latency, the one
 * that loses least within it. The same request gives the same outcome, however many are built side by side, unless it is stopped.
 */
export async function searchAuto(request: BuildingRequest): Promise<BuildingOutcome> {
  const { opened, guess, limits, onStage } = request
  const { space } = opened
  const workshop = new Workshop(request)
  const base = { ...request, losses: guess }

  // What has to be changed is changed in all candidates.
  const least = leastCandidate(space)
  const options = promisingOptions(base, least, limits.options)
  onStage?.(`measuring ${options.length} options one by one`)
  const isChanged = keyOf(least) !== keyOf(space.original)
  const [leastBuilt] = isChanged ? await workshop.buildAll([least], 'brief') : []
  const found = await workshop.buildAll(
    options.map(({ candidate }) => candidate),
    'brief',
  )
  const measured = options.map((option, i) => ({
    ...option,
    loss: Math.max(0, (found[i]?.loss ?? Number.POSITIVE_INFINITY) - (leastBuilt?.loss ?? 0)),
  }))
  let losses = optionLosses(space, guess, least, measured)
  if (request.start !== undefined) await workshop.buildAll([request.start], 'brief')

  // What there are too few options for is candidates.
  const whole = limits.candidates + limits.options - options.length
  const first = Math.ceil(firstShare * whole)
  for (const [levels, most] of [
    [() => evenly(highestLevel, lowestLevel, first), first],
    [() => levelsNear(workshop.latest(), base, whole - first), whole - first],
  ] as const) {
    onStage?.('putting options together')
    const known = new Set(workshop.built.map(({ candidate }) => keyOf(candidate)))
    const candidates = await candidatesAtLevels({ ...base, losses }, levels())
    const fresh = candidates.filter((candidate) => !known.has(keyOf(candidate))).slice(0, most)
    onStage?.(`building ${fresh.length} candidates`)
    const built = await workshop.buildAll(fresh, 'brief')
    losses = corrected(
      losses,
      space,
      built.filter((each) => each !== undefined),
    )
  }

  if (request.algorithm === 'supernet') await evolve(workshop, { ...base, losses })

  const originalMs = opened.table.score(space.original).latencyMs
  const known = losses
  return settledOutcome(workshop, request, losses, async (latencyMs) => {
    const [candidate] = await candidatesAtLevels({ ...base, losses: known }, [latencyMs / originalMs])
    return candidate
  })
}

/** Evolves sub-networks from the front that is known, and builds those that are expected to add most to it. */
async function evolve(workshop: Workshop, request: BuildingRequest & Pick<SearchRequest, 'losses'>): Promise<void> {
  const { opened, limits, evaluators, maxDrop, onStage } = request
  if (evaluators.inherited === undefined || limits.inherited === 0) return
  onStage?.('evolving sub-networks')
  const mostLoss = (evolvedSlack * maxDrop) / dropPerLoss(workshop.fits)
  const ancestors = workshop.latest().filter(({ loss }) => loss <= mostLoss)
  const evolved = await evolveBuilt(workshop, {
    ...request,
    rung: 'inherited',
    evaluations: limits.inherited,
    // What they lose without a fit of their own tells what a fit gains.
    first: someOf(frontOf(ancestors), builtBothWays).map(({ candidate }) => candidate),
    ancestors,
    mostLoss,
  })
  const reference = Float64Array.of(opened.table.score(opened.space.original).latencyMs, mostLoss)
  const fresh = survivors(evolved, workshop.latest(), reference, limits.survivors)
  onStage?.(`building ${fresh.length} that evolved`)
  await workshop.buildAll(fresh, 'brief')
}

/** Candidates of the front that are built as sub-networks too. */
const builtBothWays = 3

/** From end to end. */
const someOf = <Item>(items: readonly Item[], count: number): Item[] =>
  items.length <= count
    ? [...items]
    : Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]!)

/**
 * Sub-networks that lose more times what may be lost are of no interest: small losses are about what brief fits lose
 * (bench/results/supernet.json).
 */
const evolvedSlack = briefSlack

const evenly = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? from : from + ((to - from) * i) / (count - 1)))

/**
 * From somewhat slower than the fastest that keeps the metric, which is what comes next if that one fails in the end, to the
 * fastest that may keep it, once it is refitted with all effort.
 */
function levelsNear(
  built: readonly BuiltCandidate[],
  { opened, maxDrop }: Pick<BuildingRequest, 'opened' | 'maxDrop'>,
  count: number,
): number[] {
  const originalMs = opened.table.score(opened.space.original).latencyMs
  const mostLoss = maxDrop / dropPerLoss(built)
  const fastest = (loss: number) =>
    Math.min(originalMs, ...built.filter((each) => each.loss <= loss).map(({ latencyMs }) => latencyMs)) / originalMs
  const [slow, fast] = [fastest(mostLoss), fastest(briefSlack * mostLoss)]
  return evenly(Math.min(highestLevel, slow / narrowest), Math.min(fast, narrowest * slow), count + 1).slice(1)
}

/** The range of levels that are looked at closely is at least as wide as from 1 to this, on either side. */
const narrowest = 0.92
