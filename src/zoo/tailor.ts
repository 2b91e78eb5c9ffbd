import type { DataSet } from '../accuracy/data-set.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import { firstSamples } from '../accuracy/select-samples.js'
import { profile } from '../estimator/profile.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { splitResolutions } from '../passes/architecture/at-resolution.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { FormerNames } from '../passes/architecture/former-names.js'
import { applyRecipe, type RecipeResult, shownValues } from '../passes/architecture/recipe.js'
import type { FittedLayer } from '../passes/architecture/rewritten.js'
import type { PassKind } from '../passes/define.js'
import type { DriverResult } from '../passes/driver.js'
import { figuresOfDecision } from '../report/decision-figures.js'
import type { DecisionEntry, DecisionFigures } from '../report/report.js'
import { cleanUp } from '../search/clean-up.js'
import { curatedStep } from '../search/curated-step.js'
import { channelScorer, channelScoringDefaults } from '../tune/channel-scorers.js'
import { measureFidelity } from '../tune/fidelity.js'
import type { TuneReport } from '../tune/tuner.js'
import { loadTuner } from '../tune/tuners.js'
import type { FoundWorkshop } from './found.js'
import { type JobData, openJobData } from './job-data.js'
import type { JobOptions } from './job-options.js'
import { passContext } from './pass-context.js'
import type { Stopwatch } from './stopwatch.js'

/** A model as a recipe has it: decisions applied, weights refitted, cleaned up again. */
export interface Tailored {
  readonly model: Model
  /** What the recipe leaves of the original: the same bits, the same function, or another one. */
  readonly kind: PassKind
  readonly decisions: readonly DecisionEntry[]
  /** Of the second clean-up. */
  readonly passes: DriverResult
}

export interface TailorJob {
  readonly options: JobOptions
  readonly symbols: ReadonlyMap<string, number>
  readonly former: FormerNames
  readonly data: JobData | undefined
  readonly clock: Stopwatch
  /** Of the search that found the recipe. */
  readonly workshop?: FoundWorkshop | undefined
}

/** Noise is measured on at most this many samples. */
const fidelitySamples = 64

/**
 * Applies a recipe to a copy of the original, fits it to the original and cleans up. Throws UserError for a recipe that is
 * not possible, and for a lossy one that nothing could judge.
 */
export async function tailor(given: Model, recipe: Recipe, job: TailorJob): Promise<Tailored> {
  const { options, symbols, former, data, clock, workshop } = job
  const stage = options.onStage ?? (() => {})
  const figures = (model: Model) => figuresOfDecision(profile(model, options.target, { symbols }).metrics)
  const common = {
    file: typeof options.recipe === 'string' && options.search === undefined ? options.recipe : undefined,
    former,
    curated: { multipleOf: curatedStep(options.target) },
  }
  const mayRefit = data?.calibration !== undefined && (options.tune ?? 'none') !== 'none'
  const { resolutions, others } = splitResolutions(recipe.decisions)
  const isResized = resolutions.length > 0
  // Tried as it is written, so that a message names the decision at fault; what is exact stays so to the bit.
  const tried = mayRefit || isResized ? applyRecipe(given, recipe, common) : undefined
  const isRefitted = mayRefit && tried!.fitted.length > 0
  const original = isRefitted
    ? (workshop?.teacher ?? (await originalFor(given, options.tune, data.calibration, options)))
    : given
  clock.lap('streams')
  stage('finding out which channels matter')
  const scores =
    workshop?.scores ??
    (await channelScorer(options.channelScores ?? channelScoringDefaults.withoutData, {
      original,
      decisions: recipe.decisions,
      data: data?.calibration,
      options: runOptions(options),
    }))
  clock.lap('channel scores')
  stage('applying the recipe')
  const steps: DecisionFigures[] = [figures(original)]
  const context = { ...common, scores, afterEach: (_: unknown, model: Model) => steps.push(figures(model)) }
  const resized = isResized ? applyRecipe(original, { ...recipe, decisions: resolutions }, context) : undefined
  const teacher = resized?.model ?? original
  const own = resized === undefined ? data : await openJobData(teacher, options)
  const applied = applyRecipe(teacher, { ...recipe, decisions: others }, context)
  clock.lap('recipe')
  const kind = isResized ? 'lossy' : applied.kind
  if (kind === 'lossy' && data === undefined && !options.bestEffort) {
    const remedy = 'give samples with --data, or write it unjudged with --best-effort'
    const place = options.search === undefined ? '--recipe' : '--search'
    throw new UserError('usage', place, 'the recipe is lossy, and nothing could judge what it loses', remedy)
  }
  const kept = workshop?.fittedBy(recipe)
  const result = kept?.result ?? applied
  const tuned = kept?.report ?? (await refit(teacher, applied, own, options))
  clock.lap('tune')
  const noise = own === undefined ? new Map<string, number>() : await noiseOf(teacher, result, own.test, options)
  clock.lap('fidelity')
  stage('cleaning up')
  const decisions = [...(resized?.decisions ?? []), ...result.decisions].map(
    ({ shows, fitted, ...decision }, i): DecisionEntry => ({
      ...decision,
      before: steps[i]!,
      after: steps[i + 1]!,
      fidelity: fidelityOf(shows, noise),
      fit: hardestFit(fitted, tuned),
    }),
  )
  const passed = passContext(result.model, options.target, { keepOverridable: options.keepOverridable })
  const passes = await cleanUp(result.model, passed, { ...(options.signal && { signal: options.signal }) })
  clock.lap('passes')
  return { model: result.model, kind, decisions, passes }
}

/**
 * The original in the form that loses least when it is rewritten, where weights are refitted afterwards; else as it is. Nothing
 * of what it computes changes.
 */
export async function originalFor(
  given: Model,
  tune: string | undefined,
  data: DataSet | undefined,
  options: RunOptions & Pick<JobOptions, 'onStage'>,
): Promise<Model> {
  if (data === undefined || (tune ?? 'none') === 'none') return given
  options.onStage?.('turning residual streams into principal components')
  const { principalStreams } = await import('../tune/principal-streams.js')
  return principalStreams(given, data, runOptions(options))
}

/** New weights for what was rewritten; undefined: they stay what algebra gave. */
async function refit(
  teacher: Model,
  { model: student, correspondence, fitted }: RecipeResult,
  data: JobData | undefined,
  options: JobOptions,
): Promise<TuneReport | undefined> {
  const tuner = await loadTuner(options.tune ?? 'none')
  if (tuner === undefined || fitted.length === 0) return undefined
  if (data?.calibration === undefined)
    throw new UserError('usage', '--tune', 'there is nothing to fit weights to', 'give samples with --data')
  options.onStage?.(`refitting ${fitted.length} layers`)
  return tuner.tune({ teacher, student, correspondence, fitted, data: data.calibration, options: runOptions(options) })
}

/** Noise at every place where some decision shows, all of them applied. */
async function noiseOf(
  teacher: Model,
  result: RecipeResult,
  test: DataSet,
  options: JobOptions,
): Promise<ReadonlyMap<string, number>> {
  const places = result.decisions.flatMap((decision) => shownValues(result, decision))
  if (places.length === 0) return new Map()
  options.onStage?.('measuring the noise of each decision')
  const unique = [...new Map(places.map((place) => [place.at, place])).values()]
  const data = firstSamples(test, fidelitySamples)
  const { model: student, correspondence } = result
  const { noise } = await measureFidelity(
    { teacher, student, correspondence, places: unique, data },
    runOptions(options),
  )
  return new Map(noise.map(({ at, nsr }) => [at, nsr]))
}

export const runOptions = ({ threads, timeLimitSeconds, signal }: RunOptions): RunOptions => ({
  threads,
  timeLimitSeconds,
  signal,
})

function fidelityOf(
  shows: readonly { readonly at: string }[],
  noise: ReadonlyMap<string, number>,
): DecisionEntry['fidelity'] {
  const at = shows.map((place) => place.at).filter((place) => noise.has(place))
  if (at.length === 0) return null
  return { at, nsr: at.reduce((sum, place) => sum + noise.get(place)!, 0) / at.length }
}

function hardestFit(fitted: readonly FittedLayer[], report: TuneReport | undefined): DecisionEntry['fit'] {
  const labels = new Set(fitted.map(({ node }) => node.label))
  const own = report?.layers.filter(({ layer }) => labels.has(layer)) ?? []
  const [hardest] = own.sort((a, b) => b.conditioning - a.conditioning)
  if (hardest === undefined) return null
  const { layer, regularisation, conditioning } = hardest
  return { layer, regularisation, conditioning }
}
