import type { OriginBlock, OriginGroup, RecipeOrigin } from '../../passes/architecture/decision.js'

/** How the places of two models were found to correspond. */
export type MatchedBy = 'name' | 'signature' | 'relative place'

/** What stands for a place of a model in another one. */
export interface Counterpart<Place> {
  readonly place: Place
  readonly by: MatchedBy
}

/**
 * Which places of another model a model's correspond to: blocks of the same name, else of the same signature, else at the same
 * relative place among those of their kind (block i of n is like block i (N - 1) / (n - 1) of N). Groups of the same name, else
 * those that are to the counterpart of a block what they are to the block, else those outside of blocks of the same signature.
 */
export class Counterparts {
  readonly #source: RecipeOrigin
  readonly #target: RecipeOrigin

  constructor(source: RecipeOrigin, target: RecipeOrigin) {
    this.#source = source
    this.#target = target
  }

  /** Of a block of the target, in the source. */
  ofBlock(block: OriginBlock): Counterpart<OriginBlock> | undefined {
    const { blocks } = this.#source
    const named = blocks.find(({ name }) => name === block.name)
    if (named !== undefined) return { place: named, by: 'name' }
    const alike = blocks.find(({ signature }) => signature === block.signature)
    if (alike !== undefined) return { place: alike, by: 'signature' }
    const [others, own] = [blocks, this.#target.blocks].map((list) => list.filter((each) => isSameKind(each, block)))
    const place = own!.indexOf(block) / Math.max(1, own!.length - 1)
    const found = others![Math.round(place * (others!.length - 1))]
    return found === undefined ? undefined : { place: found, by: 'relative place' }
  }

  /** Of a group of the target, in the source. */
  ofGroup(group: OriginGroup): Counterpart<OriginGroup> | undefined {
    const { groups } = this.#source
    const named = groups.find(({ name }) => name === group.name)
    if (named !== undefined) return { place: named, by: 'name' }
    for (const { block, role } of group.roles) {
      const counterpart = this.ofBlock(this.#target.blocks.find(({ name }) => name === block)!)
      const found = groups.find(({ roles }) =>
        roles.some((each) => each.role === role && each.block === counterpart?.place.name),
      )
      if (found !== undefined) return { place: found, by: counterpart!.by }
    }
    const outside = groups.find(({ roles, signature }) => roles.length === 0 && signature === group.signature)
    return group.roles.length > 0 || outside === undefined ? undefined : { place: outside, by: 'signature' }
  }
}

/** Signatures begin with the kind of the block. */
const isSameKind = (a: OriginBlock, b: OriginBlock): boolean =>
  a.signature.slice(0, a.signature.indexOf(' ')) === b.signature.slice(0, b.signature.indexOf(' '))
