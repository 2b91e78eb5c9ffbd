import { type Activation, type Binding, type Kernel, type KernelPlan, planKernels } from '../../hw/kernels.js'
import type { Target } from '../../hw/target.js'
import type { Model, Value } from '../../ir/graph.js'
import type { Run } from '../../passes/architecture/axis-form.js'
import { AxisTable } from '../../passes/architecture/axis-table.js'
import type { ChannelGroup } from '../../passes/architecture/channel-groups.js'
import { type Follower, ResizedSizes } from './resized-sizes.js'

/**
 * A structure at one resolution, whose channels can be set. Another resolution has the same nodes, values and kernels, with other
 * sizes: what one of them is here is found by its name, or its place.
 */
export class Rendition {
  readonly model: Model
  readonly plan: KernelPlan
  readonly sizes: ResizedSizes
  /** By name, as the model has them. */
  readonly #activations: ReadonlyMap<string, Activation>

  /** `present` by width choice: groups of the model. */
  constructor(
    { model, present }: { readonly model: Model; readonly present: readonly (readonly ChannelGroup[])[] },
    { target, binding }: { readonly target: Target; readonly binding: Binding },
  ) {
    this.model = model
    this.plan = planKernels(model, target, binding)
    const followers = new Map<Run, Follower>()
    present.forEach((parts, choice) => {
      for (const { run, granularity } of parts) followers.set(run, { choice, granularity })
    })
    this.sizes = new ResizedSizes(tableOf(model, present), target, binding, followers)
    const activations = this.plan.plain.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
    this.#activations = new Map(activations.map((activation) => [activation.value.name, activation]))
  }

  /** Whether the same kernels run here as in another rendition, on the same values. */
  hasKernelsOf({ plan }: Rendition): boolean {
    return (
      this.plan.plain.length === plan.plain.length &&
      this.plan.plain.every((kernel, i) => signatureOf(kernel) === signatureOf(plan.plain[i]!))
    )
  }

  /** A kernel of `plan` as it is here, between the values that it is between there. */
  resized(kernel: Kernel, plan: KernelPlan): Kernel {
    if (plan === this.plan) return plan.resized(kernel, this.sizes)
    const own = this.plan.resized(this.plan.plain[plan.plain.indexOf(kernel)]!, this.sizes)
    return {
      ...own,
      nodes: kernel.nodes,
      inputs: between(own.inputs, kernel.inputs),
      outputs: between(own.outputs, kernel.outputs),
    }
  }

  /** An activation of some kernel, at the widths that are set. */
  activation(value: Value): Activation {
    return { ...this.sizes.activation(this.#activations.get(value.name)!.value), value }
  }

  /** Bytes of an activation as the model has it, whatever widths are set. */
  bytesOf(value: Value): number {
    return this.#activations.get(value.name)!.bytes
  }
}

const between = (own: readonly Activation[], other: readonly Activation[]): Activation[] =>
  own.map((activation, i) => ({ ...activation, value: other[i]!.value }))

const signatureOf = ({ name, repeats, shape, inputs, outputs }: Kernel): string =>
  JSON.stringify([
    name,
    repeats,
    shape.op,
    shape.kind,
    ...[inputs, outputs].map((list) => list.map(({ value }) => value.name)),
  ])

/** Of the groups' forms where there are any. */
function tableOf(model: Model, present: readonly (readonly ChannelGroup[])[]): AxisTable {
  const [group] = present.flat()
  return group?.table ?? new AxisTable(model)
}
