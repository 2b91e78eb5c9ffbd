import { startingPoints } from '../evolution.js'
import { keyOf } from '../space/space.js'
import { type BuildingOutcome, type BuildingRequest, settledOutcome } from './building.js'
import { evolveBuilt } from './evolve-built.js'
import { dropPerLoss } from './ladder.js'
import { briefSlack } from './measured.js'
import { corrected } from './option-losses.js'
import { Workshop } from './workshop.js'

/**
 * Evolution of candidates that are all built and fitted briefly, from the model scaled as a whole; what options lose is guessed
 * until candidates that were built say otherwise. The few that may win are refitted with all effort. Multi-shot search: every
 * candidate has weights of its own.
 */
export async function searchMultiShot(request: BuildingRequest): Promise<BuildingOutcome> {
  const { opened, guess, limits, maxDrop, onStage } = request
  const { space } = opened
  const workshop = new Workshop(request)
  onStage?.('evolving candidates')
  const first = startingPoints(request)
    .map((candidate) => space.canonical(candidate.slice()))
    .filter((candidate) => keyOf(candidate) !== keyOf(space.original))
  const evolved = await evolveBuilt(workshop, {
    ...request,
    losses: guess,
    rung: 'brief',
    evaluations: limits.candidates,
    first,
    ancestors: [],
    mostLoss: (2 * briefSlack * maxDrop) / dropPerLoss([]),
  })
  return settledOutcome(workshop, request, corrected(guess, space, evolved))
}
