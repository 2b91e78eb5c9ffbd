import { dimsOf } from '../../ir/type.js'
import type { ChannelGroup } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'

/** What has become of the channel groups that a model had before it was rewritten. */
export class PresentGroups {
  readonly #correspondence: Correspondence
  /** By axis of the original: the group of most units, since the groups of a convolution lie on the axes of the channels within them. */
  readonly #byAxis = new Map<string, ChannelGroup>()

  /** `groups`: those of the model as it is now. */
  constructor(groups: readonly ChannelGroup[], correspondence: Correspondence) {
    this.#correspondence = correspondence
    for (const group of groups) {
      for (const axis of this.#axesOf(group)) {
        const known = this.#byAxis.get(axis)
        if (known === undefined || group.units > known.units) this.#byAxis.set(axis, group)
      }
    }
  }

  /** In execution order: several where a rewrite took apart what could only go together, none where nothing is left. */
  of(before: ChannelGroup): ChannelGroup[] {
    const found = new Set(this.#axesOf(before).map((axis) => this.#byAxis.get(axis)))
    return [...found].filter((group) => group !== undefined)
  }

  /** Axes that are a group's alone; where it has none, also those that several groups make up, as behind a Concat. */
  #axesOf({ members, size }: ChannelGroup): string[] {
    const activations = members.filter(({ role }) => role === 'activation')
    const own = activations.filter(({ value, axis }) => dimsOf(value.type)?.[axis] === size)
    return (own.length > 0 ? own : activations).map(
      ({ value, axis }) => `${axis} ${this.#correspondence.roleOf(value)}`,
    )
  }
}
