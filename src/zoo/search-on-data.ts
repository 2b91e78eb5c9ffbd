import type { DataSet } from '../accuracy/data-set.js'
import { countParameters } from '../estimator/estimate.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { BuiltCandidate, Rung } from '../search/auto/measured.js'
import { type AutoLimits, searchAuto } from '../search/auto/search-auto.js'
import { curatedStep } from '../search/curated-step.js'
import { type Evaluator, FidelityEvaluator } from '../search/evaluator.js'
import { budgetsOf } from '../search/request.js'
import { decisionsOf, recipeOf } from '../search/space/candidate-recipe.js'
import { scoredMoments, scorerBy } from '../tune/channel-scorers.js'
import { efforts } from '../tune/effort.js'
import type { FidelityTable } from '../tune/fidelity-table.js'
import type { Found } from './found.js'
import { type LaneCount, laneCount } from './lanes/lane-count.js'
import { LaneEvaluator } from './lanes/lane-evaluator.js'
import { setUpLanes } from './lanes/set-up-lanes.js'
import { openFidelityTable, type TableOptions } from './open-fidelity-table.js'
import { nothingKeeps, openSearch, type SearchJob, type SearchOptions } from './search-recipe.js'
import { searchSamples } from './search-samples.js'
import { searchedEntry } from './searched-entry.js'
import { originalFor, runOptions } from './tailor.js'

export interface DataSearchJob extends SearchJob, TableOptions {
  readonly calibration: DataSet
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

/** Models with their new weights that are kept until one is written. */
const keptResults = 2

/** Of those that are built the share that is single options; of the rest some are built once more with all effort. */
const [optionShare, finalShare] = [0.7, 0.07]

/** Searches a model (exact passes applied) for recipes, with candidates that are built, refitted and run on calibration data. */
export async function searchOnData(model: Model, options: SearchOptions, job: DataSearchJob): Promise<Found> {
  const { jobs = 1, threads = 1, signal } = job
  const limits = limitsOf(options.evaluations ?? defaultBuilt)
  const count = Math.min(laneCount(jobs, countParameters(model), threads), limits.options + limits.candidates)
  // They start while the space is opened.
  const lanes = count > 1 ? new LaneEvaluator({ lanes: count, signal }) : undefined
  const tables: FidelityTable[] = []
  try {
    return await searchIn(model, options, job, limits, { lanes, tables })
  } finally {
    await lanes?.close()
    for (const table of tables) await table.close()
  }
}

/** What has to be closed once a search is over. */
interface OpenedPlaces {
  readonly lanes: LaneEvaluator | undefined
  readonly tables: FidelityTable[]
}

async function searchIn(
  model: Model,
  options: SearchOptions,
  job: DataSearchJob,
  limits: AutoLimits,
  { lanes, tables }: OpenedPlaces,
): Promise<Found> {
  const { target, seed, onStage, signal, calibration, maxDrop, channelScores } = job
  const { opened, losses: guess, budgets, start, account } = await openSearch(model, options, job)
  const samples = await searchSamples(calibration, seed)
  const teacher = await originalFor(model, job.tune, samples.full, job)
  onStage?.('finding out which channels matter')
  const moments = await scoredMoments(channelScores, {
    original: teacher,
    decisions: decisionsOf(opened.space),
    data: samples.brief,
    options: runOptions(job),
  })
  const scores = moments && (await scorerBy(channelScores, moments))
  const curated = { multipleOf: curatedStep(target) }
  const place = { teacher, digest: job.digest, target: target.name }
  const samplesOf = (rung: Rung) => ({
    calibration: samples[rung],
    heldOut: samples.measured,
    effort: efforts[rung],
  })
  const evaluatorOf = async (rung: Rung) => {
    const table = await openFidelityTable(place, samplesOf(rung), job)
    tables.push(table)
    return new FidelityEvaluator(teacher, table, { scores, curated }, rung === 'full' ? keptResults : 0)
  }
  const stop = stopOf(job.stop, options.seconds)
  const own = { brief: await evaluatorOf('brief'), full: await evaluatorOf('full') }
  const warnings: string[] = []
  if (lanes !== undefined) {
    const lanePlace = { model: place, samples: samplesOf('brief'), options: job, moments, curated }
    const onLost = (why: string) => warnings.push(`a candidate could not be built and was left out: ${why}`)
    await setUpLanes(lanes, lanePlace, { own: own.brief, stop, onLost })
  }
  const { space, table } = opened
  const originalMs = table.score(space.original).latencyMs
  let stage = ''
  const outcome = await searchAuto({
    opened,
    guess,
    start,
    budgets,
    seed,
    maxDrop,
    evaluators: lanes === undefined ? own : { brief: lanes, full: behind(lanes, own.full) },
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
    after: (failed, drop) => (drop === undefined ? undefined : recipeFor(ladder.after(tried.get(failed)!, drop))),
    entryOf: (taken) => {
      const best = (taken === undefined ? undefined : tried.get(taken)) ?? null
      return searchedEntry({ ...request, seed, account, built }, { ...outcome, best })
    },
    warnings,
    workshop: { teacher, scores, fittedBy: (recipe) => own.full.fittedBy(recipe) },
  }
}

/** What is evaluated with all effort has the machine to itself: it comes last. */
const behind = (lanes: LaneEvaluator, full: FidelityEvaluator): Evaluator => ({
  lanes: full.lanes,
  evaluate: async (recipe) => {
    await lanes.close()
    return full.evaluate(recipe)
  },
})

/** Whichever comes first. */
function stopOf(stop: AbortSignal | undefined, seconds: number | undefined): AbortSignal {
  return AbortSignal.any([...(stop ? [stop] : []), ...(seconds ? [AbortSignal.timeout(seconds * 1000)] : [])])
}

function limitsOf(built: number): AutoLimits {
  const finals = Math.max(1, Math.round(finalShare * built))
  const options = Math.max(1, Math.round(optionShare * built))
  return { options, candidates: Math.max(1, built - options - finals), finals }
}

function bestText(best: BuiltCandidate | undefined, originalMs: number): string {
  if (best === undefined) return 'none keeps the metric yet'
  const percent = ((best.latencyMs / originalMs - 1) * 100).toFixed(1)
  return `best so far ${percent} % latency at an expected drop of ${(100 * best.drop).toFixed(2)} points`
}
