import type { TableActivation } from '../../estimator/cost-table.js'
import { compileSweep, type Sweep } from '../../hw/memory/peak.js'
import type { Timeline, Use, Variation } from './timeline.js'

/** The activations of all candidates, and the sweep that adds up those alive. */
export interface PlannedActivations {
  readonly activations: readonly TableActivation[]
  readonly sweep: Sweep
}

/** An activation as it is under some options of the blocks that touch it. */
interface Version {
  readonly use: Use
  readonly first: number
  readonly last: number
  /** Whether its last reader may write over it. */
  readonly isOverwritable: boolean
}

/** Blocks by whose options an activation differs, and what it is under each combination; undefined: it is not there. */
interface Versions {
  readonly blocks: readonly number[]
  readonly at: (options: readonly number[]) => Version | undefined
  readonly list: readonly Version[]
}

/**
 * An activation that lives longer under one option than under another is two, of which one has no bytes. `optionCounts` by
 * choice; sizes are rounded up to `alignBytes`.
 */
export function planActivations(
  timeline: Timeline,
  variations: readonly Variation[],
  optionCounts: readonly number[],
  alignBytes: number,
): PlannedActivations {
  const planner = new ActivationPlanner(timeline, variations, optionCounts, alignBytes)
  for (const [name, use] of timeline.uses) planner.shared(name, use)
  for (const variation of variations)
    for (const [name, use] of timeline.own.get(variation)!) planner.own(name, use, variation)
  return planner.compile()
}

class ActivationPlanner {
  readonly #timeline: Timeline
  readonly #variations: readonly Variation[]
  readonly #optionCounts: readonly number[]
  readonly #alignBytes: number
  readonly #activations: TableActivation[] = []
  readonly #first: number[] = []
  readonly #last: number[] = []
  readonly #overwritable: number[][]
  /** By name: the activation that has its size under all options. */
  readonly #sizes = new Map<string, () => number>()

  constructor(
    timeline: Timeline,
    variations: readonly Variation[],
    optionCounts: readonly number[],
    alignBytes: number,
  ) {
    this.#timeline = timeline
    this.#variations = variations
    this.#optionCounts = optionCounts
    this.#alignBytes = alignBytes
    this.#overwritable = timeline.results.map(() => [])
  }

  /** An activation of the base. */
  shared(name: string, base: Use): void {
    const versions = this.#versionsOf(name, base)
    const own = versions.list.map((version) =>
      this.#add(versions, (found) => found === version, version.first, version.last, version.isOverwritable),
    )
    this.#sizes.set(name, () => (own.length === 1 ? own[0]! : this.#add(versions, () => true, -1, -1, false)))
  }

  /** An activation that only one option has. */
  own(name: string, use: Use, { choice, option }: Variation): void {
    const version = versionOf(use)
    const versions: Versions = {
      blocks: [choice],
      at: ([found]) => (found === option ? version : undefined),
      list: [version],
    }
    const index = this.#add(versions, () => true, version.first, version.last, version.isOverwritable)
    this.#sizes.set(name, () => index)
  }

  compile(): PlannedActivations {
    const results = Int32Array.from(this.#timeline.results, (result, slot) =>
      this.#overwritable[slot]!.length === 0 || result === undefined ? 0 : (this.#sizes.get(result)?.() ?? 0),
    )
    const lives = { first: Int32Array.from(this.#first), last: Int32Array.from(this.#last) }
    return {
      activations: this.#activations,
      sweep: compileSweep(this.#timeline.results.length, lives, this.#overwritable, results),
    }
  }

  #versionsOf(name: string, base: Use): Versions {
    const touching = this.#variations.filter((variation) => this.#differs(name, base, variation))
    const blocks = [...new Set(touching.map(({ choice }) => choice))]
    const byBlock = blocks.map((choice) => {
      const options = new Map(touching.filter((each) => each.choice === choice).map((each) => [each.option, each]))
      return (option: number): Use | undefined => {
        const variation = options.get(option)
        return variation === undefined ? base : this.#timeline.varied.get(variation)!.get(name)
      }
    })
    const list: Version[] = []
    const found = new Map<string, Version | undefined>()
    for (const options of combinations(blocks.map((choice) => this.#optionCounts[choice]!))) {
      const uses = options.map((option, i) => byBlock[i]!(option))
      const version = uses.includes(undefined) ? undefined : composed(base, uses as Use[])
      const known = version && list.find((each) => isSame(each, version))
      if (version !== undefined && known === undefined) list.push(version)
      found.set(options.join(), known ?? version)
    }
    return { blocks, list, at: (options) => found.get(options.join()) }
  }

  #differs(name: string, base: Use, variation: Variation): boolean {
    const use = this.#timeline.varied.get(variation)!.get(name)
    return use === undefined || !isSame(composed(base, [use]), versionOf(base)) || !haveSameReaders(use, base)
  }

  /** Adds an activation with the bytes of the versions that are `wanted`, else none. Gives its index. */
  #add(
    versions: Versions,
    wanted: (version: Version) => boolean,
    first: number,
    last: number,
    isOverwritable: boolean,
  ): number {
    const { blocks, at } = versions
    const sizingOf = new Map(
      versions.list.filter(wanted).map((version) => [version, version.use.structure.sizingOf(version.use.value)]),
    )
    const sizing = [...new Set([...sizingOf.values()].flat())].sort((a, b) => a - b)
    const align = this.#alignBytes
    this.#activations.push({
      choices: [...blocks, ...sizing],
      bytes: (options) => {
        const version = at(options.slice(0, blocks.length))
        if (version === undefined || !wanted(version)) return 0
        const own = sizingOf.get(version)!
        const { structure, value } = version.use
        const chosen = own.map((choice) => options[blocks.length + sizing.indexOf(choice)]!)
        return Math.ceil(structure.bytesOf(value, own, chosen) / align) * align
      },
    })
    this.#first.push(first)
    this.#last.push(last)
    const index = this.#activations.length - 1
    if (isOverwritable) this.#overwritable[last]!.push(index)
    return index
  }
}

/** What becomes of an activation when several blocks have other options than the base, each with its own use of it. */
function composed(base: Use, uses: readonly Use[]): Version {
  const readers = new Set(base.readers)
  let use = base
  let birth = base.birth
  for (const other of uses) {
    for (const slot of base.readers) if (!other.readers.has(slot)) readers.delete(slot)
    for (const slot of other.readers) if (!base.readers.has(slot)) readers.add(slot)
    if (use === base && !haveSameSizes(base, other)) use = other
    if (other.birth !== base.birth) birth = other.birth
  }
  const last = base.heldUntil >= 0 ? base.heldUntil : Math.max(birth, ...readers)
  const decisive = uses.find(
    (other) =>
      other.readers.has(last) &&
      (!base.readers.has(last) || other.overwriters.has(last) !== base.overwriters.has(last)),
  )
  return { use, first: birth, last, isOverwritable: (decisive ?? base).overwriters.has(last) }
}

const versionOf = (use: Use): Version => composed(use, [])

const isSame = (a: Version, b: Version): boolean =>
  a.first === b.first && a.last === b.last && a.isOverwritable === b.isOverwritable && haveSameSizes(a.use, b.use)

function haveSameReaders(a: Use, b: Use): boolean {
  return a.readers.size === b.readers.size && [...a.readers].every((slot) => b.readers.has(slot))
}

/** Under all choices of sizes. */
function haveSameSizes(a: Use, b: Use): boolean {
  if (a === b || (a.structure === b.structure && a.value === b.value)) return true
  return sizesKey(a) === sizesKey(b)
}

function sizesKey({ structure, value }: Use): string {
  const sizing = structure.sizingOf(value)
  const bytes = ([0, 1] as const).map((by) => structure.bytesOf(value, sizing, structure.probe(sizing, by)))
  return JSON.stringify([sizing, bytes])
}

/** All lists with an option below its count at each place. */
function* combinations(counts: readonly number[]): Generator<number[]> {
  const [count, ...rest] = counts
  if (count === undefined) {
    yield []
    return
  }
  for (let option = 0; option < count; option++) for (const others of combinations(rest)) yield [option, ...others]
}
