import { UserError } from '../../ir/errors.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { valuesOf } from '../../ir/graph-values.js'
import { inferTypes } from '../../ir/infer.js'
import { verifyGraph } from '../../ir/verify.js'
import { cloneModel } from '../clone-model.js'
import type { PassKind } from '../define.js'
import { alternativesOf } from './apply-block.js'
import { type Applied, applyDecision } from './apply-decision.js'
import { Correspondence } from './correspondence.js'
import type { Decision, Recipe } from './decision.js'
import { type Declined, isDeclined } from './declined.js'
import type { FormerNames } from './former-names.js'
import type { ChannelScorer } from './importance.js'
import { type LayerChanges, layerChanges, snapshot } from './layer-changes.js'
import { type Place, Places } from './place.js'
import { decisionPath } from './recipe-file.js'
import type { FittedLayer } from './rewritten.js'
import type { HandOver } from './set-width.js'
import type { CuratedSizes } from './widths.js'

/** What a recipe is applied with, beside the model. */
export interface RecipeContext {
  /** For messages: the recipe's file. */
  readonly file?: string | undefined
  /** What names from before passes ran have become. */
  readonly former?: FormerNames | undefined
  /** Which channels matter; default: by weights. */
  readonly scores?: ChannelScorer | undefined
  /** What takes over from channels that go, before they do; default: nothing does. */
  readonly handOver?: ((correspondence: Correspondence) => HandOver) | undefined
  /** Sizes for depth multipliers that name no multiple. */
  readonly curated?: CuratedSizes | undefined
  /** Called after each decision with the model as it is then; types are inferred. It may give layers other weights. */
  readonly afterEach?: ((result: DecisionResult, model: Model, correspondence: Correspondence) => void) | undefined
}

/** What a decision did. */
export interface DecisionResult extends LayerChanges {
  readonly decision: Decision
  /** The block, group or input it is about: index or size, and name. */
  readonly place: string
  readonly kind: PassKind
  /** Why it is of that kind. */
  readonly why: string
  /** Values of the original at which the change shows, and the ones of it that now stand where they stood. */
  readonly shows: Applied['shows']
  /** Layers that it gave new weights, or that have to make up for it. */
  readonly fitted: readonly FittedLayer[]
}

/** A changed model, and how it relates to the original. */
export interface RecipeResult {
  /** A copy with all decisions applied. */
  readonly model: Model
  /** What its values stand for in the original. */
  readonly correspondence: Correspondence
  readonly decisions: readonly DecisionResult[]
  /** Layers to be fitted to the original, in execution order, each once: those of lossy decisions. */
  readonly fitted: readonly FittedLayer[]
  /** The least that all decisions are: exact, rounding or lossy. */
  readonly kind: PassKind
}

/** A recipe that a model does not allow. */
export interface DeclinedRecipe extends Declined {
  /** Which of its decisions. */
  readonly index: number
}

/**
 * Applies decisions to a copy of a model: all of them in order, or none. Places are found in the model as it is before the
 * first decision and followed through what earlier decisions made of them.
 */
export function applyDecisions(
  original: Model,
  decisions: readonly Decision[],
  context: RecipeContext = {},
): RecipeResult | DeclinedRecipe {
  const { former, curated, afterEach } = context
  const model = cloneModel(original)
  inferTypes(model)
  const correspondence = new Correspondence()
  const scores = context.scores?.(correspondence)
  const handOver = context.handOver?.(correspondence)
  const found: Place[] = []
  const places = new Places(model, former)
  for (const [index, decision] of decisions.entries()) {
    const place = places.find(decision)
    if (isDeclined(place)) return { ...place, index }
    found.push(place)
  }
  const results: DecisionResult[] = []
  const fitted = new Map<Node, FittedLayer>()
  let before = snapshot(model)
  for (const [index, place] of found.entries()) {
    const applied = applyDecision(model, place, { correspondence, scores, handOver, curated })
    if (isDeclined(applied)) return { ...applied, remedy: applied.remedy + otherwise(place), index }
    inferTypes(model)
    const [problem] = verifyGraph(model)
    if (problem !== undefined) throw new Error(`${wordsOf(place.decision)}, ${placeText(place)}: ${problem}`)
    const after = snapshot(model)
    const result: DecisionResult = {
      decision: place.decision,
      place: placeText(place),
      ...layerChanges(before, after),
      ...applied.sizes,
      kind: applied.kind,
      why: applied.why,
      shows: applied.shows,
      fitted: applied.fitted,
    }
    before = after
    results.push(result)
    // A layer that was fused and then narrowed is fitted once, to what it stands for in the end. What is the same function is
    // not fitted at all.
    if (applied.kind === 'lossy') for (const layer of applied.fitted) fitted.set(layer.node, layer)
    afterEach?.(result, model, correspondence)
  }
  const live = [...fitted.values()].filter(({ node }) => node.isLive)
  return {
    model,
    correspondence,
    decisions: results,
    fitted: live.sort((a, b) => a.node.order - b.node.order),
    kind: leastOf(results),
  }
}

/**
 * Applies a recipe of a user's. Throws UserError `invalid-recipe` with the JSON pointer of a decision that is not possible, why,
 * and what could be had instead.
 */
export function applyRecipe(original: Model, { decisions }: Recipe, context: RecipeContext = {}): RecipeResult {
  const result = applyDecisions(original, decisions, context)
  if (!isDeclined(result)) return result
  const { index, place, reason, remedy } = result
  const what = `${wordsOf(decisions[index]!)} is not possible: ${place} (${reason})`
  throw new UserError('invalid-recipe', decisionPath(index), what, remedy, context.file)
}

/** A value of a rewritten model, and the name of the original's that it is compared with. */
export interface ShownValue {
  readonly at: string
  readonly value: Value
}

/** The values of a result at which a decision shows, with the names of the original's. Those that are gone are left out. */
export function shownValues(
  { model, correspondence }: Pick<RecipeResult, 'model' | 'correspondence'>,
  { shows }: Pick<DecisionResult, 'shows'>,
): ShownValue[] {
  const standing = new Map<string, Value>()
  for (const value of valuesOf(model.graph)) {
    const counterpart = correspondence.of(value)
    if (counterpart !== undefined) standing.set(counterpart.original, value)
  }
  return shows.flatMap(({ at, by }) => {
    const value = standing.get(by)
    return value === undefined ? [] : [{ at, value }]
  })
}

const kinds: readonly PassKind[] = ['exact', 'rounding', 'lossy']

const leastOf = (decisions: readonly DecisionResult[]): PassKind =>
  kinds[Math.max(0, ...decisions.map(({ kind }) => kinds.indexOf(kind)))]!

function wordsOf(decision: Decision): string {
  switch (decision.kind) {
    case 'block':
    case 'convolution':
      return decision.alternative
    case 'width':
      return `a width of ${decision.size}`
    case 'depth-multiplier':
      return `a depth multiplier of ${decision.ratio}`
    case 'resolution':
      return `a resolution of ${decision.height}x${decision.width}`
  }
}

/** What else the place could become. */
function otherwise(place: Place): string {
  if (place.kind !== 'block') return ''
  const possible = alternativesOf(place.block)
  return possible.length === 0 ? '' : `; it can become ${possible.join(', ')}`
}

/** `block 3 "blocks.3/expand"`, `96 channels of "x"`. */
function placeText(place: Place): string {
  switch (place.kind) {
    case 'block':
      return `${place.block.index === undefined ? place.block.kind : `block ${place.block.index}`} "${place.block.name}"`
    case 'convolution':
      return place.node.label
    case 'width':
      return `${place.group.size} channels of "${place.group.name}"`
    case 'model':
      return place.decision.kind === 'resolution' ? `input "${place.decision.input}"` : 'all free groups'
  }
}
