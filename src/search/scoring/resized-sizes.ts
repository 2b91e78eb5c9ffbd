import { type Binding, ConcreteSizes, product } from '../../hw/concrete-sizes.js'
import type { Target } from '../../hw/target.js'
import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { parseAxisTerm } from '../../ir/ops/axis-words.js'
import { type Knowledge, OpContext } from '../../ir/ops/context.js'
import type { Tensor } from '../../ir/tensor.js'
import { dtypeOf, tensorType } from '../../ir/type.js'
import { type AxisForm, type Run, resolve, runsOf } from '../../passes/architecture/axis-form.js'
import { type AxisTable, formOf, type NodeAxes } from '../../passes/architecture/axis-table.js'

/** A run of positions that a width choice sets: `granularity` channels of its group for each. */
export interface Follower {
  readonly choice: number
  readonly granularity: number
}

/**
 * Sizes of a model under widths that its weights do not have (yet): axes are what the axis table says, with other sizes for
 * the runs that follow a width choice. What no width touches has the size it has.
 */
export class ResizedSizes extends ConcreteSizes {
  readonly #table: AxisTable
  readonly #followers: ReadonlyMap<Run, Follower>
  readonly #now = new Map<Run, number>()
  readonly #axesOf: ReadonlyMap<Node, NodeAxes>
  readonly #values = new Map<Value, readonly Axis[] | undefined>()
  readonly #uses = new Map<Node, (readonly Axis[] | undefined)[]>()
  readonly #contexts = new Map<Node, () => number>()

  constructor(table: AxisTable, target: Target, binding: Binding, followers: ReadonlyMap<Run, Follower>) {
    super(table.model, target, binding)
    this.#table = table
    this.#followers = followers
    this.#axesOf = new Map(table.nodes.map((axes) => [axes.node, axes]))
  }

  /** Gives the groups of a width choice that many channels. */
  setWidth(choice: number, size: number): void {
    for (const [run, follower] of this.#followers)
      if (follower.choice === choice) this.#now.set(run, size / follower.granularity)
  }

  /** Width choices that the sizes of these nodes depend on, rising. */
  choicesOf(nodes: readonly Node[]): number[] {
    const forms = nodes.flatMap((node) => [
      ...node.inputs.flatMap((_, i) => this.#table.ofInput(node, i) ?? []),
      ...node.outputs.flatMap((output) => (output === undefined ? [] : (this.#table.of(output) ?? []))),
    ])
    return this.#choicesIn(forms)
  }

  choicesOfValue(value: Value): number[] {
    return this.#choicesIn(this.#table.of(value) ?? [])
  }

  override dims(value: Value | undefined, place: Node | undefined): number[] | undefined {
    if (value === undefined) return undefined
    const axes = place !== undefined && constantOf(value) !== undefined ? this.#use(value, place) : this.#value(value)
    if (axes === undefined) return super.dims(value, place)
    return axes.map((axis) => (typeof axis === 'number' ? axis : this.#evaluate(axis)))
  }

  override elementsOf(tensor: Tensor, operand: Value, node: Node): number {
    // Where weights are computed from stored ones, these have as many elements.
    const dims = constantOf(operand) === undefined ? this.dims(operand, node) : this.#useDims(operand, node)
    return dims === undefined ? tensor.size : product(dims)
  }

  override int(node: Node, name: string, absent: number): number {
    const axes = this.#axesOf.get(node)
    const word = axes?.sizes.find(({ at }) => 'attribute' in at && at.attribute === name)?.words[0]
    if (axes === undefined || word === undefined) return super.int(node, name, absent)
    const form = formOf(parseAxisTerm(word), axes.forms)
    return this.#follows(form) ? this.#evaluate(resolve(form)) : super.int(node, name, absent)
  }

  override macs(node: Node): number {
    let count = this.#contexts.get(node)
    if (count === undefined) this.#contexts.set(node, (count = this.#macsOf(node)))
    return count()
  }

  #macsOf(node: Node): () => number {
    const found = contextOf(node)
    const macs = found?.resolved.op.macs
    if (found === undefined || macs === undefined) return () => 0
    const knowledge: Knowledge = {
      typeOf: (value) => {
        const dtype = constantOf(value)?.dtype ?? dtypeOf(value.type)
        return dtype === undefined ? value.type : tensorType(dtype, this.dims(value, node))
      },
      contentOf: (value) => value.content,
      inferSubgraph: () => [],
    }
    const context = new OpContext(node, found.resolved.since, found.context.signature, knowledge)
    return () => this.size(macs(context) ?? 0, node)
  }

  #use(value: Value, node: Node): readonly Axis[] | undefined {
    let slots = this.#uses.get(node)
    if (slots === undefined) {
      slots = node.inputs.map((_, i) => this.#axes(this.#table.ofInput(node, i)))
      this.#uses.set(node, slots)
    }
    return slots[node.inputs.indexOf(value)]
  }

  #useDims(value: Value, node: Node): number[] | undefined {
    return this.#use(value, node) === undefined ? undefined : this.dims(value, node)
  }

  #value(value: Value): readonly Axis[] | undefined {
    if (!this.#values.has(value)) this.#values.set(value, this.#axes(this.#table.of(value)))
    return this.#values.get(value)
  }

  /** undefined: no width touches them. */
  #axes(forms: readonly AxisForm[] | undefined): readonly Axis[] | undefined {
    if (forms === undefined || !forms.some((form) => this.#follows(form))) return undefined
    return forms.map((form): Axis => {
      const resolved = resolve(form)
      if (this.#follows(resolved)) return resolved
      return resolved.kind === 'run' && isStatic(resolved.size) ? resolved.size : resolved
    })
  }

  #follows(form: AxisForm): boolean {
    return runsOf(form).some((run) => this.#followers.has(run))
  }

  #choicesIn(forms: readonly AxisForm[]): number[] {
    const choices = forms.flatMap((form) => runsOf(form).flatMap((run) => this.#followers.get(run)?.choice ?? []))
    return [...new Set(choices)].sort((a, b) => a - b)
  }

  #evaluate(form: AxisForm): number {
    switch (form.kind) {
      case 'run':
        return this.#now.get(form) ?? this.size(form.size, undefined)
      case 'sum':
        return form.parts.reduce((sum, part) => sum + this.#evaluate(part), 0)
      case 'product':
        return form.factors.reduce((all, factor) => all * this.#evaluate(factor), 1)
    }
  }
}

/** A size, or the form that it follows from. */
type Axis = number | AxisForm
