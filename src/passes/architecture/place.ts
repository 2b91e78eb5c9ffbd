import type { Model, Node } from '../../ir/graph.js'
import { convolutionNamed } from './apply-convolution.js'
import type { Block } from './block.js'
import { type ChannelGroup, channelGroups } from './channel-groups.js'
import type { BlockDecision, ConvolutionDecision, Decision, WidthDecision } from './decision.js'
import { type Declined, declined, isDeclined } from './declined.js'
import { blockOf, findBlocks } from './find-blocks.js'
import type { FormerNames } from './former-names.js'
import { nearNames } from './near-names.js'
import { chosenGroup } from './set-width.js'

/** What a decision is about. */
export type Place =
  | { readonly kind: 'block'; readonly decision: BlockDecision; readonly block: Block }
  | { readonly kind: 'convolution'; readonly decision: ConvolutionDecision; readonly node: Node }
  | { readonly kind: 'width'; readonly decision: WidthDecision; readonly group: ChannelGroup }
  | {
      readonly kind: 'model'
      readonly decision: Exclude<Decision, BlockDecision | ConvolutionDecision | WidthDecision>
    }

/** The blocks, convolutions and groups that a recipe may name: those of the model before its first decision. */
export class Places {
  readonly #model: Model
  /** Looked for when they are first asked for: until then the model must stay as it is. */
  #foundBlocks: readonly Block[] | undefined
  #foundGroups: readonly ChannelGroup[] | undefined
  readonly #former: FormerNames

  /** `former`: what names from before passes ran have become. */
  constructor(model: Model, former: FormerNames = () => []) {
    this.#model = model
    this.#former = former
  }

  get #blocks(): readonly Block[] {
    return (this.#foundBlocks ??= findBlocks(this.#model))
  }

  get #groups(): readonly ChannelGroup[] {
    return (this.#foundGroups ??= channelGroups(this.#model))
  }

  find(decision: Decision): Place | Declined {
    switch (decision.kind) {
      case 'block': {
        const block = this.#block(decision)
        return isDeclined(block) ? block : { kind: 'block', decision, block }
      }
      case 'convolution': {
        const node = this.#named(decision.node, (name) => convolutionNamed(this.#model, name))
        return isDeclined(node) ? node : { kind: 'convolution', decision, node }
      }
      case 'width': {
        const group = this.#group(decision)
        return isDeclined(group) ? group : { kind: 'width', decision, group }
      }
      case 'depth-multiplier':
      case 'resolution':
        return { kind: 'model', decision }
    }
  }

  #block({ block, signature }: BlockDecision): Block | Declined {
    if (signature !== undefined) return bySignature('block', this.#blocks, signature)
    if (typeof block === 'string') {
      return this.#named(block, (name) => {
        const near = nearNames(
          name,
          this.#blocks.map((each) => each.name),
        )
        const remedy = near === '' ? 'none: the model has no depthwise convolution' : `name a block: ${near}`
        return blockOf(this.#blocks, name) ?? declined('unknown-block', `block "${name}"`, remedy)
      })
    }
    const count = this.#blocks.filter(({ index }) => index !== undefined).length
    const remedy = count === 0 ? 'none: the model has no inverted bottleneck' : `give one of 0 to ${count - 1}`
    return blockOf(this.#blocks, block!) ?? declined('unknown-block', `block ${block}`, remedy)
  }

  #group({ group, signature }: WidthDecision): ChannelGroup | Declined {
    if (signature !== undefined) return bySignature('group', this.#groups, signature)
    return this.#named(group!, (name) => chosenGroup(this.#groups, name))
  }

  /** By a name of now, or else one from before. */
  #named<Found extends object>(name: string, find: (name: string) => Found | Declined): Found | Declined {
    const found = find(name)
    if (!isDeclined(found)) return found
    for (const later of this.#former(name)) {
      const other = find(later)
      if (!isDeclined(other)) return other
    }
    return found
  }
}

function bySignature<Item extends { readonly signature: string }>(
  what: 'block' | 'group',
  items: readonly Item[],
  signature: string,
): Item | Declined {
  const near = nearNames(
    signature,
    items.map((item) => item.signature),
  )
  const remedy = near === '' ? `none: the model has no ${what}` : `give the signature of a ${what}: ${near}`
  return (
    items.find((item) => item.signature === signature) ??
    declined(`unknown-${what}`, `${what} of signature "${signature}"`, remedy)
  )
}
