import type { TableKernel } from '../../estimator/cost-table.js'
import { inBlocks, isBlocked, isPlain, reorder } from '../../hw/blocked-layout.js'
import type { BlockedLayout } from '../../hw/fusion.js'
import type { Kernel } from '../../hw/kernels.js'
import type { Target } from '../../hw/target.js'
import type { Value } from '../../ir/graph.js'
import { type CandidateKernel, dependingOn, type OptionOf } from './candidate-kernel.js'
import { variantOf } from './structure.js'
import { aliasesIn, type Variation } from './timeline.js'

/** A value in whose place another one is read under an option. */
interface Alias {
  readonly choice: number
  readonly option: number
  readonly from: string
  readonly to: string
}

/** Something that is so for all options, or depends on some choices. */
interface Finding {
  readonly choices: readonly number[]
  readonly holds: (optionOf: OptionOf) => boolean
}

const always: Finding = { choices: [], holds: () => true }
const never: Finding = { choices: [], holds: () => false }

/** Whether a kernel runs in the layout is found out for at most this many sizes; with more it depends on them all. */
const mostTried = 4096

/**
 * The kernels of a space on a target with a blocked layout: each in the layout where it would be, and the copies into it and out
 * of it, one for each value at its border. What a kernel is depends on what makes its operands; choices that make no difference
 * are left out.
 */
export class LayoutKernels {
  readonly #kernels: readonly CandidateKernel[]
  readonly #aliases: readonly Alias[]
  readonly #layout: BlockedLayout
  readonly #target: Target
  readonly #optionCounts: readonly number[]
  readonly #makers: ReadonlyMap<string, readonly CandidateKernel[]>
  readonly #readers: ReadonlyMap<string, readonly CandidateKernel[]>
  readonly #inside = new Map<CandidateKernel, Finding>()
  readonly #blocked = new Map<string, Finding>()
  readonly #resized = new Map<CandidateKernel, Map<string, Kernel>>()

  constructor(
    kernels: readonly CandidateKernel[],
    variations: readonly Variation[],
    layout: BlockedLayout,
    target: Target,
    optionCounts: readonly number[],
  ) {
    const [base] = kernels
    this.#kernels = kernels
    this.#aliases = variations.flatMap((variation) =>
      [...aliasesIn(variation, base!.structure)].map(([from, to]) => ({ ...variation, from, to })),
    )
    this.#layout = layout
    this.#target = target
    this.#optionCounts = optionCounts
    this.#makers = grouped(kernels, ({ kernel }) => kernel.outputs)
    this.#readers = grouped(kernels, ({ kernel }) => kernel.inputs)
  }

  tableKernels(): TableKernel[] {
    return [...this.#kernels.map((kernel) => this.#kernel(kernel)), ...this.#values().map((value) => this.#copy(value))]
  }

  #kernel(candidate: CandidateKernel): TableKernel {
    const { kernel, sizing, blocks, isThere } = candidate
    const inside = this.#insideOf(candidate)
    const choices = [...blocks, ...sizing, ...inside.choices]
    return dependingOn(choices, kernel.name, kernel.repeats, (optionOf) => {
      if (!isThere(optionOf)) return undefined
      const resized = this.#at(candidate, optionOf)
      return variantOf(inside.holds(optionOf) ? inBlocks(resized, this.#layout) : resized, this.#target)
    })
  }

  /** All activations, each once, with a kernel that has it. */
  #values(): { value: Value; at: CandidateKernel }[] {
    const values = new Map<string, { value: Value; at: CandidateKernel }>()
    for (const at of this.#kernels)
      for (const { value } of [...at.kernel.inputs, ...at.kernel.outputs])
        if (!values.has(value.name)) values.set(value.name, { value, at })
    return [...values.values()]
  }

  /** The copy of a value into the layout or out of it: never both. */
  #copy({ value, at }: { value: Value; at: CandidateKernel }): TableKernel {
    const { name } = value
    const blocked = this.#blockedOf(name)
    const names = this.#namesReadAs(name)
    const readers = names.flatMap((each) => this.#readers.get(each) ?? [])
    const sizing = at.structure.sizingOf(value)
    const aliases = this.#aliases.filter(({ from, to }) => from === name || names.includes(to))
    const choices = [
      ...sizing,
      ...blocked.choices,
      ...aliases.map(({ choice }) => choice),
      ...readers.flatMap((reader) => [
        ...reader.blocks,
        ...this.#insideOf(reader).choices,
        ...this.#plainChoices(reader),
      ]),
    ]
    return dependingOn(choices, `copy of ${name}`, at.kernel.repeats, (optionOf) => {
      // What another value stands in for is not there.
      if (this.#aliases.some((alias) => alias.from === name && optionOf(alias.choice) === alias.option))
        return undefined
      const isRead = (reader: CandidateKernel, under: string): boolean =>
        reader.isThere(optionOf) && this.#standsFor(under, name, optionOf)
      const present = names.flatMap((under) =>
        (this.#readers.get(under) ?? []).filter((reader) => isRead(reader, under)),
      )
      const isBlockedNow = blocked.holds(optionOf)
      const isNeeded = isBlockedNow
        ? value.isGraphOutput || present.some((reader) => !this.#insideOf(reader).holds(optionOf))
        : present.some(
            (reader) => this.#insideOf(reader).holds(optionOf) && !isPlain(this.#at(reader, optionOf), this.#layout),
          )
      if (!isNeeded) return undefined
      const activation = at.structure.activation(value, sizing, sizing.map(optionOf))
      const { enter, leave } = this.#layout
      return variantOf(reorder(at.kernel, activation, isBlockedNow ? leave : enter), this.#target)
    })
  }

  /** Names under which a value may be read: its own, and those it may stand for. */
  #namesReadAs(name: string): string[] {
    const names = [name]
    for (const each of names)
      for (const { from, to } of this.#aliases) if (to === each && !names.includes(from)) names.push(from)
    return names
  }

  /** Whether who reads `under` reads `name` under these options. */
  #standsFor(under: string, name: string, optionOf: OptionOf): boolean {
    const alias = this.#aliases.find(({ from, choice, option }) => from === under && optionOf(choice) === option)
    if (alias === undefined) return under === name
    return this.#standsFor(alias.to, name, optionOf)
  }

  /** Whether a value is in the layout when it is made. */
  #blockedOf(name: string): Finding {
    let finding = this.#blocked.get(name)
    if (finding === undefined) this.#blocked.set(name, (finding = this.#findBlocked(name)))
    return finding
  }

  #findBlocked(name: string): Finding {
    const aliases = this.#aliases.filter(({ from }) => from === name)
    const makers = this.#makers.get(name) ?? []
    const findings = [...makers.map((maker) => this.#insideOf(maker)), ...aliases.map(({ to }) => this.#blockedOf(to))]
    if (findings.every((each) => each === always) && makers.length > 0) return always
    if (findings.every((each) => each === never)) return never
    return {
      choices: [
        ...aliases.map(({ choice }) => choice),
        ...makers.flatMap(({ blocks }) => blocks),
        ...findings.flatMap(({ choices }) => choices),
      ],
      holds: (optionOf) => {
        const alias = aliases.find(({ choice, option }) => optionOf(choice) === option)
        if (alias !== undefined) return this.#blockedOf(alias.to).holds(optionOf)
        const maker = makers.find(({ isThere }) => isThere(optionOf))
        return maker !== undefined && this.#insideOf(maker).holds(optionOf)
      },
    }
  }

  #insideOf(candidate: CandidateKernel): Finding {
    let finding = this.#inside.get(candidate)
    if (finding === undefined) this.#inside.set(candidate, (finding = this.#findInside(candidate)))
    return finding
  }

  #findInside(candidate: CandidateKernel): Finding {
    const { kernel, sizing } = candidate
    const { anchors, follows } = this.#layout
    if (anchors[kernel.shape.op] !== undefined)
      return this.#settled(sizing, (optionOf) => isBlocked(this.#at(candidate, optionOf), this.#layout, new Set()))
    if (follows[kernel.shape.op] === undefined) return never
    const operands = kernel.inputs.map(({ value }) => ({ value, blocked: this.#blockedOf(value.name) }))
    if (operands.some(({ blocked }) => blocked === never)) return never
    const holds = (optionOf: OptionOf) => {
      const blocked = new Set(operands.filter((each) => each.blocked.holds(optionOf)).map(({ value }) => value))
      return isBlocked(this.#at(candidate, optionOf), this.#layout, blocked)
    }
    const open = operands.flatMap(({ blocked }) => blocked.choices)
    return open.length === 0 ? this.#settled(sizing, holds) : { choices: [...sizing, ...open], holds }
  }

  #plainChoices(candidate: CandidateKernel): readonly number[] {
    return this.#settled(candidate.sizing, (optionOf) => isPlain(this.#at(candidate, optionOf), this.#layout)).choices
  }

  /** What does not depend on the choices after all is said so. */
  #settled(choices: readonly number[], holds: (optionOf: OptionOf) => boolean): Finding {
    const counts = choices.map((choice) => this.#optionCounts[choice]!)
    if (counts.reduce((all, count) => all * count, 1) > mostTried) return { choices, holds }
    let [isEver, isAlways] = [false, true]
    const options = choices.map(() => 0)
    for (;;) {
      const found = holds((choice) => options[choices.indexOf(choice)]!)
      isEver ||= found
      isAlways &&= found
      let i = options.length - 1
      while (i >= 0 && options[i]! === counts[i]! - 1) options[i--] = 0
      if (i < 0) break
      options[i]! += 1
    }
    return isAlways ? always : isEver ? { choices, holds } : never
  }

  #at(candidate: CandidateKernel, optionOf: OptionOf): Kernel {
    let known = this.#resized.get(candidate)
    if (known === undefined) this.#resized.set(candidate, (known = new Map()))
    const options = candidate.sizing.map(optionOf)
    const key = options.join()
    let kernel = known.get(key)
    if (kernel === undefined) {
      kernel = candidate.structure.resized(candidate.kernel, candidate.sizing, options)
      known.set(key, kernel)
    }
    return kernel
  }
}

function grouped(
  kernels: readonly CandidateKernel[],
  valuesOf: (candidate: CandidateKernel) => readonly { readonly value: Value }[],
): Map<string, CandidateKernel[]> {
  const groups = new Map<string, CandidateKernel[]>()
  for (const candidate of kernels) {
    for (const { value } of valuesOf(candidate)) {
      const group = groups.get(value.name)
      if (group === undefined) groups.set(value.name, [candidate])
      else group.push(candidate)
    }
  }
  return groups
}
