import type { KernelVariant } from '../../estimator/cost-table.js'
import { placementByActivation } from '../../hw/cycles/cost.js'
import { type Activation, type Binding, type Kernel, type KernelPlan, planKernels } from '../../hw/kernels.js'
import type { Target } from '../../hw/target.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import type { Run } from '../../passes/architecture/axis-form.js'
import { AxisTable } from '../../passes/architecture/axis-table.js'
import { type ChannelGroup, channelGroups } from '../../passes/architecture/channel-groups.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { type Declined, declined, isDeclined } from '../../passes/architecture/declined.js'
import { PresentGroups } from '../../passes/architecture/present-groups.js'
import { applyDecisions } from '../../passes/architecture/recipe.js'
import { planWidth } from '../../passes/architecture/set-width.js'
import type { WidthChoice } from '../space/choice.js'
import { type Follower, ResizedSizes } from './resized-sizes.js'

/** A channel group that a width choice is about. */
export interface ChosenGroup {
  readonly choice: WidthChoice
  readonly group: ChannelGroup
}

/** A kernel of a structure. Its numbers follow from the options of `widths`. */
export interface SizedKernel {
  readonly kernel: Kernel
  /** Width choices, by index, rising. */
  readonly widths: readonly number[]
  /** Equal for kernels that are the same under all widths. */
  readonly key: string
}

/**
 * A model with some decisions on blocks carried out, whose kernels and activations can be had under any widths: what a candidate
 * costs is put together from structures that differ in one block each.
 */
export class Structure {
  readonly model: Model
  readonly plan: KernelPlan
  readonly kernels: readonly SizedKernel[]
  /** By width choice, what its group has become; none: nothing is left of it. */
  readonly present: readonly (readonly ChannelGroup[])[]
  readonly #target: Target
  readonly #groups: readonly ChosenGroup[]
  readonly #sizes: ResizedSizes

  private constructor(
    model: Model,
    plan: KernelPlan,
    present: readonly (readonly ChannelGroup[])[],
    groups: readonly ChosenGroup[],
    target: Target,
    binding: Binding,
  ) {
    this.model = model
    this.plan = plan
    this.present = present
    this.#target = target
    this.#groups = groups
    const followers = new Map<Run, Follower>()
    present.forEach((parts, choice) => {
      for (const { run, granularity } of parts) followers.set(run, { choice, granularity })
    })
    this.#sizes = new ResizedSizes(tableOf(model, present), target, binding, followers)
    this.kernels = plan.plain.map((kernel) => this.#keyed(kernel))
  }

  /** `model` is left as it is. Declined: the decisions are not possible, or some width would not be after them. */
  static of(
    model: Model,
    decisions: readonly Decision[],
    groups: readonly ChosenGroup[],
    target: Target,
    binding: Binding = {},
  ): Structure | Declined {
    const built = applyDecisions(model, decisions)
    if (isDeclined(built)) return built
    inferTypes(built.model)
    const now = channelGroups(built.model)
    const found = new PresentGroups(now, built.correspondence)
    const present = groups.map(({ group }) =>
      // Without decisions all of them are what they were, however many share an axis.
      decisions.length === 0 ? now.filter(({ name }) => name === group.name) : found.of(group),
    )
    const taken = new Set<ChannelGroup>()
    for (const [i, { choice }] of groups.entries()) {
      for (const group of present[i]!) {
        if (taken.has(group)) return declined('groups-join', `group "${group.name}"`, 'none: two widths would be one')
        taken.add(group)
        // Sizes in between are whole units where these are, and no wider.
        for (const size of [choice.sizes[0]!, choice.sizes.at(-1)!]) {
          const change = planWidth(group, size, { scores: ({ units }) => new Float64Array(units) })
          if (isDeclined(change)) return change
        }
      }
    }
    return new Structure(built.model, planKernels(built.model, target, binding), present, groups, target, binding)
  }

  /** Width choices, by index, that a value's size depends on. */
  widthsOf(value: Value): number[] {
    return this.#sizes.choicesOfValue(value)
  }

  /** A kernel under options of width choices. */
  resized(kernel: Kernel, widths: readonly number[], options: readonly number[]): Kernel {
    this.#set(widths, options)
    return this.plan.resized(kernel, this.#sizes)
  }

  /** The same as a cost table asks for it. */
  variant(kernel: Kernel, widths: readonly number[], options: readonly number[]): KernelVariant {
    return variantOf(this.resized(kernel, widths, options), this.#target)
  }

  /** An activation under options of width choices. */
  activation(value: Value, widths: readonly number[], options: readonly number[]): Activation {
    this.#set(widths, options)
    return this.#sizes.activation(value)
  }

  /** Bytes of an activation under options of width choices. */
  bytesOf(value: Value, widths: readonly number[], options: readonly number[]): number {
    return this.activation(value, widths, options).bytes
  }

  /** The numbers at the widths of the model, and at others that differ from choice to choice. */
  #keyed(kernel: Kernel): SizedKernel {
    const widths = this.#sizes.choicesOf(kernel.nodes)
    const [kept, moved] = ([0, 1] as const).map((by) => this.variant(kernel, widths, this.probe(widths, by)))
    return { kernel, widths, key: JSON.stringify([kernel.name, kernel.repeats, kept, moved]) }
  }

  /** Options of width choices: what the model has (0), or others, each choice another one (1). */
  probe(widths: readonly number[], by: 0 | 1): number[] {
    return widths.map((width) => {
      const { sizes, keep } = this.#groups[width]!.choice
      return (keep + by * (1 + (width % Math.max(1, sizes.length - 1)))) % sizes.length
    })
  }

  #set(widths: readonly number[], options: readonly number[]): void {
    for (const [i, choice] of widths.entries())
      this.#sizes.setWidth(choice, this.#groups[choice]!.choice.sizes[options[i]!]!)
  }
}

/** What a cost table wants to know of a kernel. */
export const variantOf = (kernel: Kernel, target: Target): KernelVariant => ({
  shape: kernel.shape,
  placement: placementByActivation(kernel, target),
})

/** Of the groups' forms where there are any. */
function tableOf(model: Model, present: readonly (readonly ChannelGroup[])[]): AxisTable {
  const [group] = present.flat()
  return group?.table ?? new AxisTable(model)
}
