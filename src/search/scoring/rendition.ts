import { type Binding, ConcreteSizes } from '../../hw/concrete-sizes.js'
import { type Activation, type Kernel, type KernelPlan, planKernels } from '../../hw/kernels.js'
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
  readonly #present: ConcreteSizes
  #values: ReadonlyMap<string, Value> | undefined

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
    this.#present = new ConcreteSizes(model, target, binding)
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

  /** A value of any rendition as it is here, at the widths that are set. */
  activation(value: Value): Activation {
    return { ...this.sizes.activation(this.#own(value)), value }
  }

  /** Bytes of a value as the model has it, whatever widths are set. */
  bytesOf(value: Value): number {
    return this.#present.activation(this.#own(value)).bytes
  }

  #own(value: Value): Value {
    if (value.graph.model === this.model) return value
    this.#values ??= namedValues(this.model)
    return this.#values.get(value.name)!
  }
}

/** Subgraphs included. */
function namedValues(model: Model): Map<string, Value> {
  const nodes = [...model.allNodes()]
  const graphs = [model.graph, ...nodes.flatMap((node) => [...node.subgraphs()])]
  const values = [
    ...graphs.flatMap(({ inputs }) => inputs),
    ...nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== undefined)),
  ]
  return new Map(values.map((value) => [value.name, value]))
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
