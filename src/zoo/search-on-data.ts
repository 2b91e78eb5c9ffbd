import type { DataSet } from '../accuracy/data-set.js'
import { countParameters } from '../estimator/estimate.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { AccuracyEntry } from '../report/report.js'
import type { BuildingLimits } from '../search/auto/building.js'
import type { JudgedDrop } from '../search/auto/ladder.js'
import type { BuiltCandidate } from '../search/auto/measured.js'
import { searchMultiShot } from '../search/auto/multi-shot.js'
import { searchAuto } from '../search/auto/search-auto.js'
import { curatedStep } from '../search/curated-step.js'
import type { Evaluator } from '../search/evaluator.js'
import { type BuildingAlgorithm, budgetsOf } from '../search/request.js'
import { decisionsOf, recipeOf } from '../search/space/candidate-recipe.js'
import { scoredMoments, scorerBy } from '../tune/channel-scorers.js'
import type { Found } from './found.js'
import { type LaneCount, laneCount } from './lanes/lane-count.js'
import { LaneEvaluator } from './lanes/lane-evaluator.js'
import { setUpLanes } from './lanes/set-up-lanes.js'
import type { TableOptions } from './open-fidelity-table.js'
import { SearchEvaluators } from './search-evaluators.js'
import { nothingKeeps, openSearch, type SearchJob, type SearchOptions } from './search-recipe.js'
import { searchSamples } from './search-samples.js'
import { searchedEntry } from './searched-entry.js'
import { SizedSamples } from './sized-samples.js'
import { originalFor, runOptions } from './tailor.js'

export interface DataSearchJob extends SearchJob, TableOptions {
  readonly calibration: DataSet
  /** The same samples for the model at another resolution. */
  readonly calibrationFor: (sized: Model) => Promise<DataSet>
  /** Of the model's file; see `modelDigest`. */
  readonly digest: string
  /** What the metric may drop by. */
  readonly maxDrop: number
  /** Ends the search with the best so far. */
  readonly stop?: AbortSignal | undefined
  /** Candidates that are built side by side, in processes of their own; default: one, in this process. */
  readonly jobs?: LaneCount | undefined
}

/** Candidates that are built, where nobody says how many. */
export const defaultBuilt = 60

/** Of those that are built the shares of single options, of sub-networks and what is fitted of these, and of finals. */
const shares = {
  auto: { options: 0.7, inherited: 0, survivors: 0, finals: 0.07 },
  // Two thirds of it are what `auto` does with as many evaluations as that: a sub-network costs a fraction of a fit.
  supernet: { options: 0.47, inherited: 0.28, survivors: 0.055, finals: 0.055 },
  'multi-shot': { options: 0, inherited: 0, survivors: 0, finals: 0.07 },
} as const satisfies Record<BuildingAlgorithm, Omit<BuildingLimits, 'candidates'>>

/** A search with what builds candidates. */
type BuildingOptions = SearchOptions & { readonly algorithm: BuildingAlgorithm }

/** Searches a model (exact passes applied) for recipes, with candidates that are built, refitted and run on calibration data. */
export async function searchOnData(model: Model, options: BuildingOptions, job: DataSearchJob): Promise<Found> {
  const { jobs = 1, threads = 1, signal } = job
  const { algorithm, evaluations = defaultBuilt, parts } = options
  const limits = limitsOf(evaluations, algorithm)
  // What sub-networks inherit is kept in this process, and every other resolution has an original of its own.
  const isSideBySide = algorithm !== 'supernet' && !parts.includes('resolution')
  const most = isSideBySide ? limits.options + limits.candidates : 1
  const count = Math.min(laneCount(jobs, countParameters(model), threads), most)
  // They start while the space is opened.
  const lanes = count > 1 ? new LaneEvaluator({ lanes: count, signal }) : undefined
  const closing: { close(): Promise<void> }[] = lanes === undefined ? [] : [lanes]
  try {
    return await searchIn(model, options, job, { limits, lanes, closing })
  } finally {
    for (const each of closing) await each.close()
  }
}

interface SearchPlace {
  readonly limits: BuildingLimits
  readonly lanes: LaneEvaluator | undefined
  /** What has to be closed once the search is over. */
  readonly closing: { close(): Promise<void> }[]
}

async function searchIn(
  model: Model,
  options: BuildingOptions,
  job: DataSearchJob,
  { limits, lanes, closing }: SearchPlace,
): Promise<Found> {
  const { target, seed, onStage, signal, calibration, maxDrop, channelScores } = job
  const { algorithm } = options
  const { opened, losses: guess, budgets, start, account } = await openSearch(model, options, job)
  const samples = await searchSamples(calibration, seed)
  const teacher = await originalFor(model, job.tune, samples.full, job)
  const sized = new SizedSamples(teacher, calibration, job)
  await sized.requireSizes(opened.space)
  onStage?.('finding out which channels matter')
  const moments = await scoredMoments(channelScores, {
    original: teacher,
    decisions: decisionsOf(opened.space),
    data: samples.brief,
    options: runOptions(job),
  })
  const scores = moments && (await scorerBy(channelScores, moments))
  const curated = { multipleOf: curatedStep(target) }
  const { space, table } = opened
  const isInherited = algorithm === 'supernet'
  const asked = { teacher, digest: job.digest, space, samples, sized, context: { scores, curated }, isInherited }
  const evaluators = await SearchEvaluators.open(asked, job)
  closing.push(evaluators)
  const stop = stopOf(job.stop, options.seconds)
  const warnings: string[] = []
  if (lanes !== undefined) {
    const lanePlace = { ...evaluators.place, options: job, moments, curated }
    const onLost = (why: string) => warnings.push(`a candidate could not be built and was left out: ${why}`)
    await setUpLanes(lanes, lanePlace, { own: evaluators.briefAsIs, stop, onLost })
  }
  const originalMs = table.score(space.original).latencyMs
  let stage = ''
  const searchBuilding = algorithm === 'multi-shot' ? searchMultiShot : searchAuto
  const outcome = await searchBuilding({
    algorithm,
    opened,
    guess,
    start,
    budgets,
    seed,
    maxDrop,
    evaluators: lanes === undefined ? evaluators : { brief: lanes, full: behind(lanes, evaluators.full) },
    limits,
    signal,
    stop,
    onStage: (text) => {
      stage = text
      onStage?.(text)
    },
    onBuilt: (_, best, count) => onStage?.(`${stage}: ${count} built, ${bestText(best, originalMs)}`),
  })
  const { ladder, losses, built } = outcome
  const request = { opened, losses, budgets }
  const first = ladder.first()
  if (first === undefined && budgets.length > 0) throw nothingKeeps(budgetsOf(request), outcome.reason, options)
  const tried = new Map<Recipe, BuiltCandidate>()
  const recipeFor = (candidate: BuiltCandidate | undefined) => {
    if (candidate === undefined) return undefined
    const recipe = recipeOf(space, candidate.candidate)
    tried.set(recipe, candidate)
    return recipe
  }
  return {
    first: recipeFor(first),
    isBestAsIs: budgets.length === 0,
    after: (failed, accuracy) =>
      accuracy === null ? undefined : recipeFor(ladder.after(tried.get(failed)!, judgedDrop(accuracy))),
    entryOf: (taken) => {
      const best = (taken === undefined ? undefined : tried.get(taken)) ?? null
      return searchedEntry({ ...request, seed, account, built }, { ...outcome, best })
    },
    warnings,
    workshop: { teacher, scores, fittedBy: (recipe) => evaluators.full.fittedBy(recipe) },
  }
}

/** What is evaluated with all effort has the machine to itself: it comes last. */
const behind = (lanes: LaneEvaluator, full: Evaluator): Evaluator => ({
  lanes: full.lanes,
  evaluate: async (recipe) => {
    await lanes.close()
    return full.evaluate(recipe)
  },
})

/** Half the width of a 95 % interval is 1.96 standard errors. */
const judgedDrop = ({ drop, dropInterval: [low, high] }: AccuracyEntry): JudgedDrop => ({
  drop,
  error: (high - low) / (2 * 1.96),
})

/** Whichever comes first. */
function stopOf(stop: AbortSignal | undefined, seconds: number | undefined): AbortSignal {
  return AbortSignal.any([...(stop ? [stop] : []), ...(seconds ? [AbortSignal.timeout(seconds * 1000)] : [])])
}

/** What is left is whole candidates. */
function limitsOf(built: number, algorithm: BuildingAlgorithm): BuildingLimits {
  const of = shares[algorithm]
  const some = (share: number) => (share === 0 ? 0 : Math.max(1, Math.round(share * built)))
  const [options, inherited, survivors] = [some(of.options), some(of.inherited), some(of.survivors)]
  const finals = some(of.finals)
  const candidates = Math.max(1, built - options - inherited - survivors - finals)
  return { options, candidates, inherited, survivors, finals }
}

function bestText(best: BuiltCandidate | undefined, originalMs: number): string {
  if (best === undefined) return 'none keeps the metric yet'
  const percent = ((best.latencyMs / originalMs - 1) * 100).toFixed(1)
  return `best so far ${percent} % latency at an expected drop of ${(100 * best.drop).toFixed(2)} points`
}
