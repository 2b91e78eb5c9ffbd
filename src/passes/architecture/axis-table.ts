import { constantOf } from '../../ir/constant.js'
import { type Dim, exactDiv, isStatic, subDims } from '../../ir/dim.js'
import { bitsOf } from '../../ir/dtype.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import {
  type AxisMark,
  type AxisTerm,
  type AxisWords,
  namesIn,
  parseAxisTerm,
  parseAxisWords,
} from '../../ir/ops/axis-words.js'
import type { AxisSizes } from '../../ir/ops/define.js'
import { dimsOf } from '../../ir/type.js'
import { type AxisForm, approximateForm, pinForm, productOf, Run, sizeOf, sumOf, unify } from './axis-form.js'
import type { Pin } from './pin.js'

/** What a node says of its axes, with the forms that its names stand for. */
export interface NodeAxes {
  readonly node: Node
  readonly words: AxisWords
  readonly forms: ReadonlyMap<string, AxisForm>
  /** Where it holds sizes of axes. */
  readonly sizes: readonly AxisSizes[]
}

/**
 * The form of every axis of the main graph: of its values, and of every use of a constant by itself, since a constant that
 * two nodes share may be cut for one of them. What operators do not tell, what other graphs see, and the interface are pinned.
 */
export class AxisTable {
  readonly model: Model
  readonly nodes: NodeAxes[] = []
  readonly #values = new Map<Value, readonly AxisForm[] | undefined>()
  readonly #uses = new Map<Node, Map<number, readonly AxisForm[]>>()

  constructor(model: Model) {
    this.model = model
    const { graph } = model
    for (const input of graph.inputs) {
      const forms = this.#open(input)
      for (const form of forms ?? []) pinForm(form, graphInput)
    }
    for (const node of graph.nodes()) this.#node(node)
    for (const output of graph.outputs) this.#pin(this.of(output), graphOutput)
    for (const value of this.#values.keys()) if (value.isPinned) this.#pin(this.of(value), annotated)
  }

  /** Forms of a value's axes; undefined where the rank is unknown. Constants have forms by use alone. */
  of(value: Value): readonly AxisForm[] | undefined {
    return this.#values.get(value)
  }

  /** All values with forms, in execution order. */
  *values(): Generator<readonly [Value, readonly AxisForm[]]> {
    for (const [value, forms] of this.#values) if (forms !== undefined) yield [value, forms]
  }

  /** Forms of the axes of what a node takes at an input slot. */
  ofInput(node: Node, index: number): readonly AxisForm[] | undefined {
    const value = node.inputs[index]
    if (value === undefined) return undefined
    return this.#uses.get(node)?.get(index) ?? this.of(value)
  }

  #node(node: Node): void {
    if (node.is('Constant')) return
    this.#useConstants(node)
    for (const inner of node.subgraphs()) this.#pinCaptures(inner.allNodes(), node)
    const found = contextOf(node)
    const text = found?.resolved.op.axes?.(found.context) ?? undefined
    const words = text === undefined ? undefined : parseAxisWords(text)
    if (words === undefined || !this.#couple(node, words, found?.resolved.op.sizes?.(found.context) ?? [])) {
      this.#pinAll(node, {
        reason: 'unknown-operator',
        node,
        remedy: `none: nothing is known of the axes of ${node.label}`,
      })
    }
  }

  #useConstants(node: Node): void {
    node.inputs.forEach((value, i) => {
      const tensor = constantOf(value)
      if (tensor === undefined) return
      const forms = tensor.dims.map((size) => new Run(size))
      if (bitsOf(tensor.dtype) < 8) for (const form of forms) pinForm(form, { ...packed, node })
      let uses = this.#uses.get(node)
      if (uses === undefined) this.#uses.set(node, (uses = new Map()))
      uses.set(i, forms)
    })
  }

  /** False when the words do not fit the node. */
  #couple(node: Node, words: AxisWords, sizes: readonly AxisSizes[]): boolean {
    const operands = node.inputs.map((_, i) => this.ofInput(node, i))
    const fits = words.inputs.every((terms, i) => {
      if (terms === undefined || node.inputs[i] === undefined) return true
      return operands[i]?.length === terms.length
    })
    if (!fits || node.inputs.some((value, i) => value !== undefined && i >= words.inputs.length)) return false
    const axes = words.inputs.flatMap((terms, i) =>
      terms === undefined || node.inputs[i] === undefined
        ? []
        : terms.map((term, axis) => ({ term, form: operands[i]![axis]!, size: sizeOf(operands[i]![axis]!) })),
    )
    const results = words.outputs.flatMap((terms, i) => {
      const dims = dimsOf(node.outputs[i]?.type)
      if (terms === undefined || dims?.length !== terms.length) return []
      return terms.map((term, axis) => ({ term, form: undefined, size: dims[axis]! }))
    })
    const forms = nameForms([...axes, ...results])
    if (forms === undefined) return false
    for (const { term, form } of axes) this.#unify(node, formOf(term, forms), form)
    this.#mark(node, words, forms)
    this.#pinGenerated(node, words, forms, sizes)
    words.inputs.forEach((terms, i) => {
      if (terms === undefined) this.#pin(operands[i], { ...notCoupled, node })
    })
    node.outputs.forEach((output, i) => {
      if (output === undefined) return
      const terms = words.outputs[i]
      if (terms === undefined) this.#pin(this.#open(output), { ...computedAxis, node })
      else this.#values.set(output, this.#resultForms(node, output, terms, forms))
    })
    this.nodes.push({ node, words, forms, sizes })
    return true
  }

  /** An output's axes are what the words say; sizes that contradict them pin both. */
  #resultForms(
    node: Node,
    output: Value,
    terms: readonly AxisTerm[],
    forms: ReadonlyMap<string, AxisForm>,
  ): readonly AxisForm[] {
    const dims = dimsOf(output.type)
    return terms.map((term, axis) => {
      const form = formOf(term, forms)
      const [size, known] = [sizeOf(form), dims?.[axis]]
      if (known !== undefined && isStatic(known) && isStatic(size) && known !== size) {
        pinForm(form, { ...sizeMismatch, node })
        const open = new Run(known)
        open.pin = { ...sizeMismatch, node }
        return open
      }
      return form
    })
  }

  #unify(node: Node, a: AxisForm, b: AxisForm): void {
    if (unify(a, b)) return
    const isSameSize = String(sizeOf(a)) === String(sizeOf(b))
    const pin = { ...(isSameSize ? noCommonFactors : sizeMismatch), node }
    pinForm(a, pin)
    pinForm(b, pin)
  }

  #mark(node: Node, words: AxisWords, forms: ReadonlyMap<string, AxisForm>): void {
    for (const terms of words.inputs) {
      for (const term of terms ?? []) {
        for (const { name, mark } of namesIn(term)) if (mark !== undefined) markForm(forms.get(name)!, mark, node)
      }
    }
  }

  /** What only outputs have is computed by the operator, unless it holds the size as a parameter that can be written. */
  #pinGenerated(node: Node, words: AxisWords, forms: ReadonlyMap<string, AxisForm>, sizes: readonly AxisSizes[]): void {
    const given = new Set([...words.inputs].flatMap((terms) => (terms ?? []).flatMap((term) => names(term))))
    for (const { at, words: texts } of sizes) {
      const isWritable =
        'attribute' in at || node.inputs[at.input] === undefined || constantOf(node.inputs[at.input]) !== undefined
      for (const text of texts) {
        if (text === undefined) continue
        const term = parseAxisTerm(text)
        if (isWritable) for (const name of names(term)) given.add(name)
        else pinForm(formOf(term, forms), { ...computedSize, node })
      }
    }
    for (const [name, form] of forms) if (!given.has(name)) pinForm(form, { ...computedAxis, node })
  }

  #pinAll(node: Node, pin: Pin): void {
    for (const i of node.inputs.keys()) this.#pin(this.ofInput(node, i), pin)
    for (const output of node.outputs) if (output !== undefined) this.#pin(this.#open(output), pin)
  }

  /** Values of the main graph that nodes of graphs inside take. */
  #pinCaptures(inner: Iterable<Node>, node: Node): void {
    for (const { inputs } of inner) {
      for (const value of inputs) {
        if (value?.graph === this.model.graph) this.#pin(this.of(value), { ...captured, node })
      }
    }
  }

  #pin(forms: readonly AxisForm[] | undefined, pin: Pin): void {
    for (const form of forms ?? []) pinForm(form, pin)
  }

  #open(value: Value): readonly AxisForm[] | undefined {
    const forms = dimsOf(value.type)?.map((size) => new Run(size))
    this.#values.set(value, forms)
    return forms
  }
}

interface AxisFact {
  readonly term: AxisTerm
  readonly form: AxisForm | undefined
  readonly size: Dim
}

/** A form for every name: the axis it names, or a new run of the size that is left in its product or sum. */
function nameForms(facts: readonly AxisFact[]): Map<string, AxisForm> | undefined {
  const forms = new Map<string, AxisForm>()
  for (const { term, form, size } of facts) {
    for (const { name, size: given } of namesIn(term)) if (given !== undefined) forms.set(name, new Run(given))
    if (term.kind === 'name' && !forms.has(term.name)) forms.set(term.name, form ?? new Run(size))
  }
  let open = facts.filter(({ term }) => term.kind === 'product' || term.kind === 'sum')
  for (;;) {
    const left = open.filter(({ term, size }) => !solve(term, size, forms))
    if (left.length === 0) return forms
    if (left.length === open.length) return undefined
    open = left
  }
}

/** Gives the one name that is missing in a term its size. False: more than one is missing, or the sizes do not fit. */
function solve(term: AxisTerm, size: Dim, forms: Map<string, AxisForm>): boolean {
  if (term.kind === 'name') {
    if (!forms.has(term.name)) forms.set(term.name, new Run(size))
    return true
  }
  if (term.kind === 'one') return true
  const missing = term.terms.filter((inner) => names(inner).some((name) => !forms.has(name)))
  if (missing.length === 0) return true
  if (missing.length > 1) return false
  let rest: Dim = size
  for (const inner of term.terms) {
    if (inner === missing[0]) continue
    const known = sizeOf(formOf(inner, forms))
    const left = term.kind === 'sum' ? subDims(rest, known) : exactDiv(rest, known)
    if (left === undefined) return false
    rest = left
  }
  return solve(missing[0]!, rest, forms)
}

/** The form that a term spells. */
export function formOf(term: AxisTerm, forms: ReadonlyMap<string, AxisForm>): AxisForm {
  switch (term.kind) {
    case 'name':
      return forms.get(term.name)!
    case 'one':
      return new Run(1)
    case 'sum':
      return sumOf(term.terms.map((inner) => formOf(inner, forms)))
    case 'product':
      return productOf(term.terms.map((inner) => formOf(inner, forms)))
  }
}

const names = (term: AxisTerm): string[] => [...namesIn(term)].map(({ name }) => name)

function markForm(form: AxisForm, mark: AxisMark, node: Node): void {
  if (mark === '!') pinForm(form, { ...addressed, node })
  else approximateForm(form, { ...normalised, node })
}

const graphInput: Pin = { reason: 'graph-input', remedy: 'none: the model takes it so' }
const graphOutput: Pin = { reason: 'graph-output', remedy: 'none: the model gives it so' }
const annotated: Pin = { reason: 'annotated-value', remedy: 'export the model without annotations of this value' }
const packed: Pin = { reason: 'packed-weight', remedy: 'export the model with weights of 8 bits or more' }
const captured: Pin = { reason: 'captured-by-subgraph', remedy: 'none: a graph inside uses it' }
const addressed: Pin = { reason: 'addressed-axis', remedy: 'none: the operator addresses its positions' }
const normalised: Pin = { reason: 'normalised-axis', remedy: 'refit the weights behind it after a cut' }
const computedAxis: Pin = { reason: 'computed-axis', remedy: 'none: the operator decides on its size' }
const computedSize: Pin = { reason: 'computed-size', remedy: 'run the exact passes first: they fold shape arithmetic' }
const notCoupled: Pin = { reason: 'uncoupled-operand', remedy: 'none: it tells an operator what to do' }
const sizeMismatch: Pin = { reason: 'size-mismatch', remedy: 'bind the symbolic sizes of the inputs' }
const noCommonFactors: Pin = { reason: 'no-common-factors', remedy: 'none: it is taken apart in two ways' }
