import type { Kernel } from '../../hw/kernels.js'
import { buffersOf } from '../../hw/memory/buffers.js'
import { planMemory } from '../../hw/memory/plan.js'
import type { Value } from '../../ir/graph.js'
import type { KernelMatch } from './kernel-match.js'
import type { Structure } from './structure.js'

/** An option of a block choice, as a structure that differs from the base in this block alone. */
export interface Variation {
  readonly choice: number
  readonly option: number
  readonly structure: Structure
  readonly match: KernelMatch
}

/** When an activation is made and read; times are slots. */
export interface Use {
  readonly structure: Structure
  readonly value: Value
  readonly birth: number
  readonly readers: ReadonlySet<number>
  /** Readers that may write their result over it. */
  readonly overwriters: ReadonlySet<number>
  /** Until when it is there whoever reads it; -1: until its last reader. */
  readonly heldUntil: number
}

/**
 * The planned order of the base with room for the kernels of every variation: one that makes what a kernel of the base makes
 * takes its slot, any other gets a slot of its own before the next. Activations are told apart by name; those that only a
 * variation has, by that and its option, are in `own`.
 */
export class Timeline {
  /** By slot, the activation that is written in it, if it is the only one. */
  readonly results: readonly (string | undefined)[]
  /** Of the base. */
  readonly uses: ReadonlyMap<string, Use>
  /** By variation: uses of what the base has too; undefined: the variation does not have it. */
  readonly varied: ReadonlyMap<Variation, ReadonlyMap<string, Use | undefined>>
  readonly own: ReadonlyMap<Variation, ReadonlyMap<string, Use>>
  readonly #base: Structure

  constructor(base: Structure, variations: readonly Variation[], alignBytes: number) {
    this.#base = base
    const kernels = base.plan.plain
    const plan = planMemory(kernels, { alignBytes })
    const steps = new Map(plan.order.map((kernel, step) => [kernel, step]))
    const times = new Map(variations.map((variation) => [variation, timesOf(variation, base, steps)]))
    const all = new Set([...steps.values(), ...[...times.values()].flatMap((list) => [...list.values()])])
    const slotAt = new Map([...all].sort((a, b) => a - b).map((time, slot) => [time, slot]))
    const results = new Array<string | undefined>(slotAt.size).fill(undefined)
    const planned = plan.order.map((kernel) => kernels[kernel]!)
    const ofBase = usesIn(
      base,
      planned,
      plan.order.map((_, step) => slotAt.get(step)!),
      (name) => name,
      results,
    )
    this.uses = new Map(
      plan.buffers.flatMap(({ value, last, reads }) => {
        const use = ofBase.get(value.name)
        if (use === undefined) return []
        const end = slotAt.get(last)!
        const readers = new Set(reads.map((step) => slotAt.get(step)!))
        const heldUntil = end > Math.max(use.birth, ...readers) ? end : -1
        return [[value.name, { ...use, readers, heldUntil }]]
      }),
    )
    const varied = new Map<Variation, Map<string, Use | undefined>>()
    const own = new Map<Variation, Map<string, Use>>()
    for (const variation of variations) {
      const { structure, choice, option } = variation
      const running = [...times.get(variation)!].sort(([a], [b]) => a - b)
      const uses = usesIn(
        structure,
        running.map(([kernel]) => structure.plan.plain[kernel]!),
        running.map(([, time]) => slotAt.get(time)!),
        (name) => (this.uses.has(name) ? name : `${choice}.${option} ${name}`),
        results,
      )
      varied.set(variation, this.#compared(variation, uses))
      own.set(variation, new Map([...uses].filter(([name]) => !this.uses.has(name))))
    }
    this.results = results
    this.varied = varied
    this.own = own
  }

  /** What a variation makes of the activations of the base. */
  #compared(variation: Variation, uses: ReadonlyMap<string, Use>): Map<string, Use | undefined> {
    const compared = new Map<string, Use | undefined>()
    const aliases = aliasesIn(variation, this.#base)
    for (const name of this.uses.keys()) if (!aliases.has(name)) compared.set(name, uses.get(name))
    for (const [name, source] of aliases) {
      // Nothing is left between the two: the one is written over the other in no time.
      const [before, from] = [this.uses.get(name), this.uses.get(source)]
      if (before === undefined || from === undefined) continue
      const left = [...from.readers].filter((slot) => uses.get(source)?.readers.has(slot))
      const overwriters = [...(uses.get(source)?.overwriters ?? [])].filter((slot) => from.readers.has(slot))
      compared.set(name, before)
      compared.set(source, {
        ...from,
        structure: variation.structure,
        value: uses.get(source)?.value ?? from.value,
        readers: new Set([...left, before.birth]),
        overwriters: new Set([...overwriters, before.birth]),
      })
    }
    return compared
  }
}

/** Time of every kernel of a variation that the plan has: steps of the base, or moments between them. */
function timesOf(
  { structure, match, choice, option }: Variation,
  base: Structure,
  steps: ReadonlyMap<number, number>,
): Map<number, number> {
  const replaced = new Map<string, number>()
  for (const kernel of match.removed) {
    const step = steps.get(kernel)
    const name = base.plan.plain[kernel]!.outputs[0]?.value.name
    if (step !== undefined && name !== undefined) replaced.set(name, step)
  }
  const times = new Map<number, number>()
  structure.plan.plain.forEach((kernel, i) => {
    const same = match.same.get(i)
    const step = same === undefined ? replaced.get(kernel.outputs[0]?.value.name ?? '') : steps.get(same)
    if (step !== undefined) times.set(i, step)
  })
  let waiting: number[] = []
  const place = (step: number) => {
    waiting.forEach((kernel, at) => {
      // Options of different blocks never meet in a slot.
      const share = (at + (choice + 1) / 1024 + (option + 1) / 1048576) / (waiting.length + 1)
      times.set(kernel, step - 1 + share)
    })
    waiting = []
  }
  structure.plan.plain.forEach((_, i) => {
    const time = times.get(i)
    if (time !== undefined) place(time)
    else if (match.added.includes(i)) waiting.push(i)
  })
  place(steps.size)
  return times
}

/** Uses of all activations by key, and what is written in each slot; `slots` by kernel. */
function usesIn(
  structure: Structure,
  kernels: readonly Kernel[],
  slots: readonly number[],
  keyOf: (name: string) => string,
  resultsOfSlots: (string | undefined)[],
): Map<string, Use> {
  const { list, results, overwritable } = buffersOf(kernels)
  slots.forEach((slot, kernel) => {
    const result = list[results[kernel]!]
    if (result !== undefined) resultsOfSlots[slot] ??= keyOf(result.value.name)
  })
  return new Map(
    list.map(({ value, producer, readers, ends }, buffer) => [
      keyOf(value.name),
      {
        structure,
        value,
        birth: producer < 0 ? 0 : slots[producer]!,
        readers: new Set(readers.map((kernel) => slots[kernel]!)),
        overwriters: new Set(
          readers.filter((kernel) => overwritable[kernel]!.includes(buffer)).map((kernel) => slots[kernel]!),
        ),
        heldUntil: ends.size > 0 ? resultsOfSlots.length - 1 : -1,
      },
    ]),
  )
}

/** Values of the base, by name, in whose place kernels that stayed the same read another one. */
export function aliasesIn({ structure, match }: Variation, base: Structure): Map<string, string> {
  const aliases = new Map<string, string>()
  for (const [kernel, same] of match.same) {
    const [before, now] = [base.plan.plain[same]!.inputs, structure.plan.plain[kernel]!.inputs]
    before.forEach(({ value }, i) => {
      const name = now[i]?.value.name
      if (name !== undefined && name !== value.name) aliases.set(value.name, name)
    })
  }
  return aliases
}
