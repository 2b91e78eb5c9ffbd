import { constantOf } from '../../ir/constant.js'
import { type Dim, dimsEqual, isStatic } from '../../ir/dim.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { contextOf, inferNode, inferTypes } from '../../ir/infer.js'
import { type AxisTerm, namesIn } from '../../ir/ops/axis-words.js'
import type { Trait } from '../../ir/ops/define.js'
import { attr, Patch } from '../../ir/patch.js'
import { dimsOf, dtypeOf, tensorType } from '../../ir/type.js'
import { AxisTable, formOf, type NodeAxes } from './axis-table.js'
import { type Declined, declined } from './declined.js'
import { ownTarget, resizeTarget, retarget } from './resized-axes.js'
import { RunSizes } from './run-sizes.js'
import { largestStride, windowOverImage } from './whole-window.js'
import { writeSizes } from './written-sizes.js'

/** What a change of sizes came to. */
export interface SizeOutcome {
  readonly blockers: readonly Declined[]
  /** Values whose sizes are others now. */
  readonly changed: readonly Value[]
}

/**
 * Carries new sizes of a graph input through a model: nodes in order, each inferred anew, sizes that they hold written anew by
 * what the axis table knows of them. A resizing whose result meets other values waits for them: their sizes are its target.
 * What cannot be carried through is a blocker, and nothing behind it is looked at. Use once.
 */
export class SizeChange {
  readonly #model: Model
  readonly #patch: Patch
  readonly #table: AxisTable
  readonly #axesOf: ReadonlyMap<Node, NodeAxes>
  readonly #before = new Map<Value, readonly Dim[]>()
  readonly #sizes = new RunSizes()
  /** Values whose sizes are known; those behind a blocker never are. */
  readonly #done = new Set<Value>()
  readonly #blockers: Declined[] = []
  /** Old and new height and width of the image. */
  #image: readonly (readonly [old: Dim, now: number])[] = []

  /** Types are inferred. */
  constructor(model: Model) {
    this.#model = model
    this.#patch = new Patch(model)
    this.#table = new AxisTable(model)
    this.#axesOf = new Map(this.#table.nodes.map((axes) => [axes.node, axes]))
    for (const [value] of this.#table.values()) {
      const dims = dimsOf(value.type)
      if (dims !== undefined) this.#before.set(value, dims)
    }
  }

  run(input: Value, axes: readonly number[], sizes: readonly number[]): SizeOutcome {
    this.#fixBlocks()
    const old = dimsOf(input.type)!
    this.#image = axes.map((axis, i) => [old[axis]!, sizes[i]!])
    const dims = old.map((dim, axis) => (axes.includes(axis) ? sizes[axes.indexOf(axis)]! : dim))
    this.#patch.declareType(input, tensorType(dtypeOf(input.type)!, dims))
    for (const each of this.#model.graph.inputs) this.#learn(each, undefined)
    for (const each of this.#model.graph.initializers) this.#done.add(each)
    this.#visitAll()
    if (this.#blockers.length === 0) this.#checkWhole()
    const changed = [...this.#before.keys()].filter((value) => this.#isChanged(value))
    if (this.#blockers.length === 0) this.#declareOutputs(changed)
    return { blockers: this.#blockers, changed }
  }

  /** Blocks of SpaceToDepth and its like stay as large as they are, whatever there is of them. */
  #fixBlocks(): void {
    for (const { words, forms } of this.#table.nodes) {
      for (const term of [...words.inputs, ...words.outputs].flatMap((terms) => terms ?? [])) {
        if (term.kind !== 'product') continue
        for (const { name, mark } of namesIn(term)) if (mark !== undefined) this.#sizes.fix(forms.get(name)!)
      }
    }
  }

  #visitAll(): void {
    let waiting = [...this.#model.graph.nodes()]
    let isPatient = true
    while (waiting.length > 0) {
      const left = waiting.filter((node) => !this.#isReady(node) || !this.#visit(node, isPatient))
      const isStuck = left.length === waiting.length
      if (isStuck && !isPatient) {
        if (this.#blockers.length === 0) throw new Error(`${left[0]!.label} waits for nothing`)
        return
      }
      isPatient = !isStuck
      waiting = left
    }
  }

  #isReady(node: Node): boolean {
    return node.inputs.every((value) => value === undefined || this.#done.has(value) || value.graph !== node.graph)
  }

  /** False: it waits for others. */
  #visit(node: Node, isPatient: boolean): boolean {
    const before = this.#blockers.length
    const isTouched = node.inputs.some((value) => value !== undefined && this.#isChanged(value))
    const axes = this.#axesOf.get(node)
    if (this.#hasTrait(node, 'resize')) {
      if (!this.#retarget(node, isPatient)) return false
    } else if (isTouched) this.#adapt(node, axes)
    if (this.#blockers.length > before) return true
    inferNode(node)
    for (const output of node.outputs) if (output !== undefined) this.#learn(output, node)
    if (isTouched && this.#blockers.length === before && axes !== undefined) this.#checkAddressed(axes)
    if (this.#blockers.length === before) for (const output of node.outputs) if (output) this.#done.add(output)
    return true
  }

  #adapt(node: Node, axes: NodeAxes | undefined): void {
    if (contextOf(node) === undefined || node.hasSubgraphs) {
      const isCall = this.#model.functionOf(node) !== undefined
      const remedy = isCall
        ? 'run the exact passes first: they put its body in its place'
        : 'none: nothing is known of it'
      this.#block('unknown-operator', node, remedy)
      return
    }
    if (this.#findTables(node)) return
    for (const sizes of axes?.sizes ?? []) {
      writeSizes(this.#patch, node, sizes, (term) => {
        const form = formOf(term, axes!.forms)
        return this.#sizes.isChanged(form) ? this.#sizes.sizeOf(form) : undefined
      })
    }
    this.#adaptWindow(node)
    if (node.attributes.has('output_shape'))
      this.#block('fixed-size', node, 'export the model with pads instead of an output shape')
  }

  /** Constants with an entry for each position. */
  #findTables(node: Node): boolean {
    for (const [i, value] of node.inputs.entries()) {
      if (constantOf(value) === undefined) continue
      if (!(this.#table.ofInput(node, i) ?? []).some((form) => this.#sizes.isChanged(form))) continue
      if (this.#hasTrait(node, 'matmul') || this.#hasTrait(node, 'convolution'))
        this.#block(
          'weights-by-position',
          node,
          'none: it has weights for each position; take a model with global pooling',
        )
      else this.#block('table-by-position', node, `none: "${value!.name}" has an entry for each position`)
      return true
    }
    return false
  }

  /** A window over the whole image: a pooling follows its size, a convolution has weights for each position. */
  #adaptWindow(node: Node): void {
    const [input, output] = [node.inputs[0], node.outputs[0]]
    const [before, after] = [this.#before.get(input!), this.#before.get(output!)]
    const window = before === undefined || after === undefined ? undefined : windowOverImage(node, before, after)
    const now = dimsOf(input?.type)?.slice(2)
    if (window === 'weights')
      this.#block('weights-by-position', node, 'none: its window is the whole image, with weights for each position')
    else if (window === 'pooling' && now?.every(isStatic))
      this.#patch.setAttribute(node, 'kernel_shape', attr.ints(now as number[]))
  }

  /** Gives a resizing its new target; false: it waits for values that its result has to fit. */
  #retarget(node: Node, isPatient: boolean): boolean {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!]
    const forms = this.#table.of(output)
    const [before, after, now] = [this.#before.get(input), this.#before.get(output), dimsOf(input.type)]
    const target = resizeTarget(node)
    if (forms === undefined || before === undefined || after === undefined || now === undefined || target === undefined)
      return true
    const targets = new Map<number, number>()
    const scaledAxes = after.flatMap((dim, axis) => (dimsEqual(dim, before[axis]!) ? [] : [axis]))
    for (const axis of scaledAxes) {
      const form = forms[axis]!
      if (this.#sizes.isKnown(form)) targets.set(axis, this.#sizes.sizeOf(form)!)
      else if (isPatient) return false
      else {
        // Batch and channels come first.
        const size = ownTarget(target, axis, [before[axis]!, after[axis]!, now[axis]!], this.#image[axis - 2])
        if (size === undefined) {
          this.#block('fixed-size', node, 'export the model with scales instead of sizes')
          return true
        }
        targets.set(axis, size)
      }
    }
    const sizes = new Map(now.flatMap((dim, axis) => (isStatic(dim) ? [[axis, dim] as const] : [])))
    // Axes that are not scaled follow by themselves, save where their size is spelt out.
    if (target.sizes !== undefined) for (const [axis, size] of sizes) if (!targets.has(axis)) targets.set(axis, size)
    if (!retarget(this.#patch, node, target, sizes, targets))
      this.#block('fixed-size', node, 'none: no scale gives the size that it has to have')
    return true
  }

  /** Takes note of a value's new sizes. */
  #learn(value: Value, node: Node | undefined): void {
    const forms = this.#table.of(value)
    const [before, dims] = [this.#before.get(value), dimsOf(value.type)]
    if (before !== undefined && dims?.length !== before.length) {
      this.#block('sizes-disagree', node ?? value, 'none: the operator does not take these sizes')
      return
    }
    for (const [axis, dim] of (dims ?? []).entries()) {
      if (!isStatic(dim)) {
        if (!isStatic(before?.[axis] ?? dim)) continue
        this.#block('unknown-size', node ?? value, 'none: the size that it gives is not known')
        return
      }
      const lesson = forms === undefined ? 'agrees' : this.#sizes.learn(forms[axis]!, dim)
      if (lesson === 'agrees') continue
      if (lesson === 'contradicts') this.#block('sizes-disagree', node ?? value, this.#remedyOfStrides())
      else
        this.#block(
          'parts-of-fixed-size',
          node ?? value,
          `none: axis ${axis} is cut into parts whose sizes are spelt out`,
        )
      return
    }
    if (node === undefined) this.#done.add(value)
  }

  /** What addresses positions, and gives as many as before: which ones is fixed. */
  #checkAddressed({ node, words }: NodeAxes): void {
    if (!this.#hasTrait(node, 'movement')) return
    words.inputs.forEach((terms, i) => {
      const input = node.inputs[i]
      if (input === undefined || terms === undefined) return
      terms.forEach((term, axis) => {
        if (!isAddressed(term) || !this.#isAxisChanged(input, axis)) return
        const results = node.outputs.filter((output) => output !== undefined)
        if (
          results.every((output) => dimsOf(output.type)?.length !== terms.length || !this.#isAxisChanged(output, axis))
        )
          this.#block('fixed-positions', node, 'none: it takes positions that are spelt out')
      })
    })
  }

  /** What inference over the whole model finds wrong, subgraphs included. */
  #checkWhole(): void {
    for (const { node, message } of inferTypes(this.#model))
      this.#blockers.push(declined('sizes-disagree', `${node.label}: ${message}`, this.#remedyOfStrides()))
  }

  #remedyOfStrides(): string {
    const dims = [...this.#before.values()]
    const strides = this.#image.map(([old], place) => largestStride(old, dims, 2 + place))
    return `give a height and width that are multiples of ${strides.join(' and ')}`
  }

  #declareOutputs(changed: readonly Value[]): void {
    for (const value of changed) {
      const [dtype, dims] = [dtypeOf(value.type), dimsOf(value.type)]
      if (value.isGraphOutput && dtype !== undefined) this.#patch.declareType(value, tensorType(dtype, dims))
    }
  }

  #isChanged(value: Value): boolean {
    return this.#before.get(value)?.some((_, axis) => this.#isAxisChanged(value, axis)) === true
  }

  #isAxisChanged(value: Value, axis: number): boolean {
    const [before, now] = [this.#before.get(value)?.[axis], dimsOf(value.type)?.[axis]]
    return before !== undefined && now !== undefined && !dimsEqual(before, now)
  }

  #hasTrait(node: Node, trait: Trait): boolean {
    return contextOf(node)?.resolved.op.traits.includes(trait) === true
  }

  #block(reason: string, at: Node | Value, remedy: string): void {
    const place = 'label' in at ? at.label : `"${at.name}"`
    if (!this.#blockers.some((each) => each.reason === reason && each.place === place))
      this.#blockers.push(declined(reason, place, remedy))
  }
}

const isAddressed = (term: AxisTerm): boolean => term.kind === 'name' && term.mark === '!'
