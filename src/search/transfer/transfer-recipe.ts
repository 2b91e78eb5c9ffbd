import type { Candidate } from '../../estimator/memo-table.js'
import type { Model } from '../../ir/graph.js'
import { nodeName } from '../../passes/architecture/block.js'
import type {
  BlockDecision,
  ConvolutionDecision,
  Decision,
  OriginBlock,
  OriginGroup,
  Recipe,
  RecipeOrigin,
  ResolutionDecision,
  WidthDecision,
} from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import type { FormerNames } from '../../passes/architecture/former-names.js'
import { originOf } from '../../passes/architecture/origin.js'
import { type Place, Places } from '../../passes/architecture/place.js'
import { decisionOf } from '../space/candidate-recipe.js'
import type { Choice } from '../space/choice.js'
import type { Space } from '../space/space.js'
import { Counterparts, type MatchedBy } from './counterparts.js'

/** What of a recipe a space has, as a candidate of it. */
export interface Transfer {
  readonly candidate: Candidate
  /** Decisions of the recipe, and what they became here: one for each place that corresponds. */
  readonly taken: readonly { readonly decision: Decision; readonly as: Decision; readonly by: MatchedBy }[]
  /** Decisions that became nothing. */
  readonly left: readonly { readonly decision: Decision; readonly reason: string }[]
}

/** A decision about a place. */
type PlacedDecision = BlockDecision | ConvolutionDecision | WidthDecision

/** A choice that a decision is about here. */
interface Found {
  readonly choice: number
  readonly by: MatchedBy
  /** Channels that the group has where the recipe comes from. */
  readonly size?: number
}

/**
 * A recipe of another model as a starting point in a space. A recipe that knows its origin is transferred place by place; widths
 * are taken as shares of what the groups have. One that does not names places of this model. `former`: what names from before
 * passes ran have become.
 */
export function transferRecipe(model: Model, space: Space, recipe: Recipe, former?: FormerNames): Transfer {
  const finder = new Finder(model, space, recipe.origin, former)
  const taken: Transfer['taken'][number][] = []
  const left: Transfer['left'][number][] = []
  let candidate = space.canonical(space.original.slice())
  for (const decision of recipe.decisions) {
    if (decision.kind === 'depth-multiplier') {
      candidate = space.depthMultiplier(candidate, decision.ratio)
      taken.push({ decision, as: decision, by: 'name' })
      continue
    }
    if (decision.kind === 'resolution') {
      const at = imageOptionOf(space, decision)
      if (at === undefined) left.push({ decision, reason: 'no choice of the space' })
      else {
        candidate[at.choice] = at.option
        taken.push({ decision, as: decisionOf(space.choices[at.choice]!, at.option)!, by: 'name' })
      }
      continue
    }
    const found = finder.find(decision)
    if (typeof found === 'string') {
      left.push({ decision, reason: found })
      continue
    }
    const before = taken.length
    for (const place of found) {
      const option = optionFor(space, place, decision)
      const as = option === undefined ? undefined : decisionOf(space.choices[place.choice]!, option)
      if (as === undefined) continue
      candidate[place.choice] = option!
      taken.push({ decision, as, by: place.by })
    }
    if (taken.length === before) left.push({ decision, reason: 'no such option where it would be' })
  }
  return { candidate: space.canonical(candidate), taken, left }
}

/** The open option of that very size, whatever the input is called; undefined: there is none. */
function imageOptionOf(
  { choices, openOptions }: Space,
  { height, width }: ResolutionDecision,
): { readonly choice: number; readonly option: number } | undefined {
  const choice = choices.findIndex(({ kind }) => kind === 'resolution')
  const image = choices[choice]
  if (image?.kind !== 'resolution') return undefined
  const option = openOptions[choice]!.find((each) => {
    const size = image.decisions[each]
    return size?.height === height && size.width === width
  })
  return option === undefined ? undefined : { choice, option }
}

/** The open option nearest to a decision; undefined: there is none. */
function optionFor(space: Space, { choice: at, size }: Found, decision: PlacedDecision): number | undefined {
  const choice = space.choices[at]!
  const open = space.openOptions[at]!
  if (choice.kind === 'block' || choice.kind === 'convolution')
    return open.find(
      (option) => decision.kind === choice.kind && choice.decisions[option]?.alternative === decision.alternative,
    )
  if (choice.kind !== 'width' || decision.kind !== 'width') return undefined
  const present = choice.sizes[choice.keep]!
  const wanted = (decision.size * present) / (size ?? present)
  const gap = (option: number) => Math.abs(choice.sizes[option]! - wanted)
  return open.reduce((best, option) => (gap(option) < gap(best) ? option : best))
}

class Finder {
  readonly #space: Space
  readonly #places: Places
  readonly #origin: RecipeOrigin | undefined
  readonly #blocks: readonly (readonly [number, OriginBlock, MatchedBy])[]
  readonly #groups: readonly (readonly [number, OriginGroup, MatchedBy])[]

  constructor(model: Model, space: Space, origin: RecipeOrigin | undefined, former: FormerNames | undefined) {
    this.#space = space
    this.#origin = origin
    this.#places = new Places(model, former)
    const own = originOf(model)
    const counterparts = new Counterparts(origin ?? own, own)
    this.#blocks = own.blocks.flatMap((block) => {
      const [found, at] = [counterparts.ofBlock(block), this.#choiceOf('block', block.name)]
      return found === undefined || at < 0 ? [] : [[at, found.place, found.by] as const]
    })
    this.#groups = own.groups.flatMap((group) => {
      const [found, at] = [counterparts.ofGroup(group), this.#choiceOf('width', group.name)]
      return found === undefined || at < 0 ? [] : [[at, found.place, found.by] as const]
    })
  }

  /** Choices that a decision is about; or why there are none. */
  find(decision: PlacedDecision): readonly Found[] | string {
    const transferred = this.#transferred(decision)
    if (transferred !== undefined)
      return transferred.length > 0 ? transferred : 'nothing in this model corresponds to its place'
    const place = this.#places.find(decision)
    if (isDeclined(place)) return `${place.reason}: ${place.place}`
    const choice = this.#choiceOf(decision.kind, nameOf(place))
    if (choice < 0) return 'no choice of the space'
    return [{ choice, by: decision.kind === 'convolution' || decision.signature === undefined ? 'name' : 'signature' }]
  }

  /** undefined: the origin does not know the place. */
  #transferred(decision: PlacedDecision): Found[] | undefined {
    switch (decision.kind) {
      case 'block':
        return this.#ofBlock(decision)
      case 'width':
        return this.#ofGroup(decision)
      case 'convolution':
        return undefined
    }
  }

  /** undefined: the origin does not know the place. */
  #ofBlock({ block, signature }: BlockDecision): Found[] | undefined {
    const source = this.#origin?.blocks.find(
      (each) =>
        (signature ?? block) ===
        (signature !== undefined ? each.signature : typeof block === 'number' ? each.index : each.name),
    )
    if (source === undefined) return undefined
    return this.#blocks.flatMap(([choice, place, by]) => (place === source ? [{ choice, by }] : []))
  }

  #ofGroup({ group, signature }: WidthDecision): Found[] | undefined {
    const source = this.#origin?.groups.find((each) =>
      signature === undefined ? each.name === group : each.signature === signature,
    )
    if (source === undefined) return undefined
    const { size } = source
    return this.#groups.flatMap(([choice, place, by]) => (place === source ? [{ choice, by, size }] : []))
  }

  #choiceOf(kind: PlacedDecision['kind'], name: string): number {
    return this.#space.choices.findIndex((choice) => choice.kind === kind && choiceName(choice) === name)
  }
}

function choiceName(choice: Choice): string {
  switch (choice.kind) {
    case 'width':
      return choice.group
    case 'block':
      return choice.block
    case 'convolution':
      return choice.node
    case 'resolution':
      return choice.input
  }
}

function nameOf(place: Place): string {
  switch (place.kind) {
    case 'width':
      return place.group.name
    case 'block':
      return place.block.name
    case 'convolution':
      return nodeName(place.node)
    case 'model':
      return ''
  }
}
