import type { Model, Value } from '../../ir/graph.js'
import type { Block } from './block.js'
import { type ChannelGroup, channelGroups, groupOf } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'
import type { BlockDecision, WidthDecision } from './decision.js'
import { type Declined, declined } from './declined.js'
import { findBlocks } from './find-blocks.js'
import type { FormerNames } from './former-names.js'

/**
 * The blocks and groups of a model that recipes may name, as they are before the first decision; and what has become of them
 * when it is their turn. Places are followed by values: a rewrite says what its values stand for.
 */
export class Places {
  readonly #blocks: readonly Block[]
  readonly #groups: readonly ChannelGroup[]
  readonly #former: FormerNames

  /** `former`: names from before passes ran. */
  constructor(model: Model, former: FormerNames = () => []) {
    this.#blocks = findBlocks(model)
    this.#groups = channelGroups(model)
    this.#former = former
  }

  block({ block, signature }: BlockDecision): Block | Declined {
    if (signature !== undefined) {
      const found = this.#blocks.find((each) => each.signature === signature)
      return found ?? unknown('block', `signature "${signature}"`, this.#blocks.map((each) => each.signature))
    }
    if (typeof block === 'number') {
      const indexed = this.#blocks.filter(({ index }) => index !== undefined)
      const found = indexed.find(({ index }) => index === block)
      const range = indexed.length === 0 ? 'the model has no inverted bottleneck' : `give one from 0 to ${indexed.length - 1}`
      return found ?? declined('unknown-block', `block ${block}`, range)
    }
    const names = [block!, ...this.#former(block!)]
    const found = this.#blocks.find((each) => names.includes(each.name) || names.some((name) => isFirst(each, name)))
    return found ?? unknown('block', `block "${block}"`, this.#blocks.map(({ name }) => name))
  }

  group({ group, signature }: WidthDecision): ChannelGroup | Declined {
    if (signature !== undefined) {
      const found = this.#groups.find((each) => each.signature === signature)
      return found ?? unknown('group', `signature "${signature}"`, this.#groups.map((each) => each.signature))
    }
    for (const name of [group!, ...this.#former(group!)]) {
      const found = groupOf(this.#groups, name)
      if (found !== undefined) return found
    }
    return unknown('group', `group "${group}"`, this.#groups.map(({ name }) => name))
  }
}
