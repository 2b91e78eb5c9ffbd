import type { KernelVariant } from '../../estimator/cost-table.js'
import { placementByActivation } from '../../hw/cycles/cost.js'
import type { Activation, Binding, Kernel, KernelPlan } from '../../hw/kernels.js'
import type { Target } from '../../hw/target.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { type ChannelGroup, channelGroups } from '../../passes/architecture/channel-groups.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { type Declined, declined, isDeclined } from '../../passes/architecture/declined.js'
import { PresentGroups } from '../../passes/architecture/present-groups.js'
import { applyDecisions } from '../../passes/architecture/recipe.js'
import { planWidth } from '../../passes/architecture/set-width.js'
import type { WidthChoice } from '../space/choice.js'
import { Rendition } from './rendition.js'

/** A channel group that a width choice is about. */
export interface ChosenGroup {
  readonly choice: WidthChoice
  readonly group: ChannelGroup
}

/** What structures of a model are made of. */
export interface StructureSource {
  /** By option of the resolution, the model at that size, as it is first. Where there is nothing to choose, the model alone. */
  readonly models: readonly Model[]
  /** Of the model as it is. */
  readonly groups: readonly ChosenGroup[]
  readonly target: Target
  readonly binding: Binding
}

/** Index of the choice of a resolution, where there is one: behind those of widths. */
export const resolutionIn = ({ models, groups }: StructureSource): number | undefined =>
  models.length > 1 ? groups.length : undefined

/** A kernel of a structure. Its numbers follow from the options of `sizing`. */
export interface SizedKernel {
  readonly kernel: Kernel
  /** Choices of widths and of the resolution, by index, rising. */
  readonly sizing: readonly number[]
  /** Equal for kernels that are the same under all sizes. */
  readonly key: string
}

/**
 * A model with some decisions on blocks carried out, whose kernels and activations can be had under any widths and at any of its
 * resolutions: what a candidate costs is put together from structures that differ in one block each.
 */
export class Structure {
  readonly source: StructureSource
  readonly model: Model
  readonly plan: KernelPlan
  readonly kernels: readonly SizedKernel[]
  /** By width choice, what its group has become; none: nothing is left of it. */
  readonly present: readonly (readonly ChannelGroup[])[]
  readonly #renditions: readonly Rendition[]
  readonly #resolution: number | undefined

  private constructor(
    source: StructureSource,
    present: readonly (readonly ChannelGroup[])[],
    renditions: readonly Rendition[],
  ) {
    const [{ model, plan }] = renditions as [Rendition]
    this.source = source
    this.model = model
    this.plan = plan
    this.present = present
    this.#renditions = renditions
    this.#resolution = resolutionIn(source)
    this.kernels = plan.plain.map((kernel) => this.#keyed(kernel))
  }

  /**
   * The models are left as they are. Declined: the decisions are not possible at some resolution, or some width would not be after
   * them.
   */
  static of(source: StructureSource, decisions: readonly Decision[]): Structure | Declined {
    const built = builtAt(source, 0, decisions)
    if (isDeclined(built)) return built
    const why = declineSizes(source, built.present)
    if (why !== undefined) return why
    const renditions = [new Rendition(built, source)]
    for (let option = 1; option < source.models.length; option++) {
      const other = builtAt(source, option, decisions)
      if (isDeclined(other)) return other
      const rendition = new Rendition(other, source)
      if (!rendition.hasKernelsOf(renditions[0]!))
        return declined('other-kernels', 'the resolution', 'none: at another size other kernels would run')
      renditions.push(rendition)
    }
    return new Structure(source, built.present, renditions)
  }

  /** Choices of sizes, by index, that a value's size depends on. */
  sizingOf(value: Value): number[] {
    const [{ sizes }] = this.#renditions as [Rendition]
    const widths = sizes.choicesOfValue(value)
    if (this.#resolution === undefined) return widths
    const bytes = this.#renditions.map((rendition) => rendition.bytesOf(value))
    return bytes.every((each) => each === bytes[0]) ? widths : [...widths, this.#resolution]
  }

  /** A kernel under options of choices of sizes. */
  resized(kernel: Kernel, sizing: readonly number[], options: readonly number[]): Kernel {
    return this.#set(sizing, options).resized(kernel, this.plan)
  }

  /** The same as a cost table asks for it. */
  variant(kernel: Kernel, sizing: readonly number[], options: readonly number[]): KernelVariant {
    return variantOf(this.resized(kernel, sizing, options), this.source.target)
  }

  /** An activation under options of choices of sizes. */
  activation(value: Value, sizing: readonly number[], options: readonly number[]): Activation {
    return this.#set(sizing, options).activation(value)
  }

  /** Bytes of an activation under options of choices of sizes. */
  bytesOf(value: Value, sizing: readonly number[], options: readonly number[]): number {
    return this.activation(value, sizing, options).bytes
  }

  /** The numbers at the sizes of the model, and at others that differ from choice to choice. */
  #keyed(kernel: Kernel): SizedKernel {
    const widths = this.#renditions[0]!.sizes.choicesOf(kernel.nodes)
    const sizing = this.#isResized(kernel) ? [...widths, this.#resolution!] : widths
    const [kept, moved] = ([0, 1] as const).map((by) => this.variant(kernel, sizing, this.probe(sizing, by)))
    return { kernel, sizing, key: JSON.stringify([kernel.name, kernel.repeats, kept, moved]) }
  }

  #isResized(kernel: Kernel): boolean {
    if (this.#resolution === undefined) return false
    const at = this.plan.plain.indexOf(kernel)
    const figures = this.#renditions.map(({ plan }) => {
      const { shape, inputs, outputs } = plan.plain[at]!
      return JSON.stringify([shape, [...inputs, ...outputs].map(({ bytes }) => bytes)])
    })
    return figures.some((each) => each !== figures[0])
  }

  /** Options of choices of sizes: what the model has (0), or others, each choice another one (1). */
  probe(sizing: readonly number[], by: 0 | 1): number[] {
    return sizing.map((choice) => {
      if (choice === this.#resolution) return by
      const { sizes, keep } = this.source.groups[choice]!.choice
      return (keep + by * (1 + (choice % Math.max(1, sizes.length - 1)))) % sizes.length
    })
  }

  /** The rendition that is meant, at those widths. */
  #set(sizing: readonly number[], options: readonly number[]): Rendition {
    const at = this.#resolution === undefined ? -1 : sizing.indexOf(this.#resolution)
    const rendition = this.#renditions[at < 0 ? 0 : options[at]!]!
    for (const [i, choice] of sizing.entries())
      if (i !== at) rendition.sizes.setWidth(choice, this.source.groups[choice]!.choice.sizes[options[i]!]!)
    return rendition
  }
}

/** A model of the source with decisions carried out. */
interface Built {
  readonly model: Model
  readonly present: readonly (readonly ChannelGroup[])[]
}

function builtAt(
  { models, groups }: StructureSource,
  option: number,
  decisions: readonly Decision[],
): Built | Declined {
  const built = applyDecisions(models[option]!, decisions)
  if (isDeclined(built)) return built
  inferTypes(built.model)
  const now = channelGroups(built.model)
  const found = new PresentGroups(now, built.correspondence)
  const present = groups.map(({ group }) =>
    // Without decisions all of them are what they were, however many share an axis.
    decisions.length === 0 ? now.filter(({ name }) => name === group.name) : found.of(group),
  )
  return { model: built.model, present }
}

/** Why some width would not be possible; undefined: all are. */
function declineSizes(
  { groups }: StructureSource,
  present: readonly (readonly ChannelGroup[])[],
): Declined | undefined {
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
  return undefined
}

/** What a cost table wants to know of a kernel. */
export const variantOf = (kernel: Kernel, target: Target): KernelVariant => ({
  shape: kernel.shape,
  placement: placementByActivation(kernel, target),
})
