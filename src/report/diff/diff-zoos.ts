import { count } from '../format.js'
import { figures } from '../rows.js'
import type { ZooFailure, ZooModel, ZooSummary } from '../zoo-summary.js'
import { assertableAccuracy, type Scored } from './accuracy-drop.js'
import { type Assertable, type Assertion, type AssertionResult, judgeAssertion, unknownFigure } from './assertions.js'

/** Two summaries of zoos: what is in use now on either side, model by model. */
export interface ZooDiff {
  readonly before: string
  readonly after: string
  /** Models that both have, the largest loss in latency first. */
  readonly models: readonly ZooPair[]
  readonly removed: readonly string[]
  readonly added: readonly string[]
  /** Models that failed on one side alone. */
  readonly newlyFailed: readonly ZooFailure[]
  readonly mended: readonly string[]
  readonly totals: { readonly before: ZooSummary['totals']; readonly after: ZooSummary['totals'] }
  readonly assertions: readonly AssertionResult[]
}

export interface ZooPair {
  readonly name: string
  readonly before: ZooModel
  readonly after: ZooModel
}

export interface NamedSummary {
  readonly file: string
  readonly summary: ZooSummary
}

/**
 * Assertions hold for every model that has the figure, and for the counts `models`, `failed` and `unverified` of the whole.
 * Throws UserError `usage` for what no model knows anything of.
 */
export function diffZoos(before: NamedSummary, after: NamedSummary, assertions: readonly Assertion[] = []): ZooDiff {
  const old = new Map(before.summary.models.map((model) => [model.name, model]))
  const young = new Map(after.summary.models.map((model) => [model.name, model]))
  const failedBefore = new Set(before.summary.failed.map(({ name }) => name))
  const failedAfter = new Set(after.summary.failed.map(({ name }) => name))
  const models = [...young.values()]
    .flatMap((model) => {
      const earlier = old.get(model.name)
      return earlier === undefined ? [] : [{ name: model.name, before: earlier, after: model }]
    })
    .sort((a, b) => ratioOf(b) - ratioOf(a) || (a.name < b.name ? -1 : 1))
  return {
    before: before.file,
    after: after.file,
    models,
    removed: [...old.keys()].filter((name) => !young.has(name) && !failedAfter.has(name)),
    added: [...young.keys()].filter((name) => !old.has(name) && !failedBefore.has(name)),
    newlyFailed: after.summary.failed.filter(({ name }) => !failedBefore.has(name)),
    mended: [...young.keys()].filter((name) => failedBefore.has(name)),
    totals: { before: before.summary.totals, after: after.summary.totals },
    assertions: assertions.flatMap((assertion) => judge(assertion, models, before.summary, after.summary)),
  }
}

/** Latency of the results; 1 where there was none. */
export function ratioOf({ before, after }: ZooPair): number {
  const [old, young] = [before, after].map((model) => model.figures['latency']?.after ?? 0)
  return old === 0 ? 1 : young! / old!
}

function judge(
  assertion: Assertion,
  models: readonly ZooPair[],
  before: ZooSummary,
  after: ZooSummary,
): AssertionResult[] {
  const whole = countsOf(before, after)
  const ofWhole = judgeAssertion(assertion, whole)
  if (ofWhole !== undefined) return [ofWhole]
  const figuresByModel = models.map((pair) => ({ name: pair.name, figures: assertableOf(pair) }))
  const found = figuresByModel.flatMap(({ name, figures: own }) => judgeAssertion(assertion, own, name) ?? [])
  if (found.length === 0) throw unknownFigure(assertion, [...whole, ...figuresByModel.flatMap((each) => each.figures)])
  const broken = found.filter(({ holds }) => !holds)
  if (broken.length > 0) return broken
  return [{ text: assertion.text, level: assertion.level, holds: true, actual: `for ${count(found.length)} models` }]
}

function countsOf(before: ZooSummary, after: ZooSummary): Assertable[] {
  const of = (key: string, countOf: (summary: ZooSummary) => number): Assertable => ({
    key,
    before: countOf(before),
    after: countOf(after),
    format: count,
  })
  return [
    of('models', ({ models }) => models.length),
    of('failed', ({ failed }) => failed.length),
    of('unverified', ({ totals }) => totals.unverified),
  ]
}

function assertableOf({ before, after }: ZooPair): Assertable[] {
  const rows = figures.flatMap(({ key, field, format }): Assertable[] => {
    const [old, young] = [before.figures[key]?.after, after.figures[key]?.after]
    if (old === undefined || young === undefined) return []
    return [{ key, ...(field !== undefined && { field }), before: old, after: young, format }]
  })
  return [...rows, ...assertableAccuracy(scoreOf(before), scoreOf(after))]
}

function scoreOf({ accuracy }: ZooModel): Scored | undefined {
  return accuracy === null ? undefined : { ...accuracy, score: accuracy.after }
}
