import type { KernelShape } from '../../shape.js'
import type { MicroblockTarget } from '../../target.js'
import { type Cascade, type Link, planCascades } from './cascade.js'
import { type MicroblockCost, microblockCost } from './cost.js'
import { lower } from './lowering.js'
import { type Operand, storedElements } from './operation.js'
import type { MicroblockPlacement, OperandPlaces, Place } from './placement.js'
import { type Home, mapHome } from './port.js'

/** Where a map that a kernel reads comes from: the step that made it, the network's input, or a kernel not listed. */
export type Source = number | 'network' | 'elsewhere'

/** A kernel among others. */
export interface Step {
  readonly shape: KernelShape
  readonly reads: readonly Source[]
  /** The network hands its output out. */
  readonly isOutput: boolean
}

export interface SequenceEntry {
  readonly placement: MicroblockPlacement
  readonly cost: MicroblockCost
}

/**
 * Kernels in the order they run: what each finds of its maps in the SRAM, how much is free for filters, and under what
 * they can be fetched. Source: the scheduler of Vela 3.10 (ethosu/vela/scheduler.py), without its second round that
 * takes filters' buffers back for maps.
 */
export function planSequence(
  steps: readonly Step[],
  target: MicroblockTarget,
  bitsPerWeight = 8 * target.memory.weightCompression,
): SequenceEntry[] {
  const maps = new Maps(steps, target)
  const scheduled = steps.map((_, at) => maps.places(at, () => 'sram'))
  const links = steps.map((step, at) => linkOf(step, at, scheduled[at]!, maps))
  const cascades = planCascades(links, bitsPerWeight, target)
  const entries = run(steps, scheduled, cascades, maps, target, bitsPerWeight)
  if (mapHome(target) === 'sram') return entries
  const homes = chooseHomes(entries, cascades, maps, target)
  const places = steps.map((_, at) => maps.places(at, (map) => homes[map] ?? 'dram'))
  return run(steps, places, cascades, maps, target, bitsPerWeight)
}

function run(
  steps: readonly Step[],
  places: readonly OperandPlaces[],
  cascades: readonly Cascade[],
  maps: Maps,
  target: MicroblockTarget,
  bitsPerWeight: number,
): SequenceEntry[] {
  const { sramBytes } = target.memory
  const isShared = mapHome(target) === 'sram'
  let slackCycles = 0
  let filters = 0
  return steps.map(({ shape }, at) => {
    const cascade = cascades.find(({ first, last }) => first <= at && at <= last)
    if (cascade === undefined || cascade.first === at) filters = 0
    const held = cascade?.bytes ?? 0
    const alive = isShared ? maps.aliveBeside(at, cascade) : 0
    const placement: MicroblockPlacement = {
      ...places[at]!,
      slackCycles,
      freeSramBytes: Math.max(0, sramBytes - held - alive - filters),
      stripeRows: cascade?.stripeRows[at - cascade.first],
      bitsPerWeight,
    }
    const cost = microblockCost(shape, target, placement)
    slackCycles = cost.operations.at(-1)?.slackCycles ?? slackCycles
    filters += cost.operations.reduce((sum, { bufferBytes }) => sum + bufferBytes, 0)
    return { placement, cost }
  })
}

function linkOf({ shape }: Step, at: number, places: OperandPlaces, maps: Maps): Link {
  const { operations, repeats } = lower(shape, places)
  const inputBytes = maps.readBytes(at)
  const outputBytes = maps.bytes[at]!
  return {
    operation: operations.length === 1 && repeats === 1 ? operations[0] : undefined,
    inputBytes,
    outputBytes,
    feedsNext: maps.feedsNext(at),
    otherBytes: Math.max(0, maps.aliveBeside(at, undefined) - inputBytes - outputBytes),
  }
}

/**
 * With an SRAM of its own, the array keeps there what fits beside the filters' buffers for as long as it is needed;
 * where maps compete, those of most bytes moved stay. Maps of the network's interface and ends of cascades stay out.
 */
function chooseHomes(
  entries: readonly SequenceEntry[],
  cascades: readonly Cascade[],
  maps: Maps,
  { memory: { sramBytes } }: MicroblockTarget,
): Home[] {
  const homes: Home[] = maps.bytes.map(() => 'dram')
  const used = entries.map(({ cost }, at) => {
    const filters = cost.operations.reduce((most, { bufferBytes }) => Math.max(most, bufferBytes), 0)
    return filters + (cascades.find(({ first, last }) => first <= at && at <= last)?.bytes ?? 0)
  })
  const inCascade = (at: number) => cascades.find(({ first, last }) => first <= at && at <= last)
  const candidates = maps.bytes
    .map((bytes, map) => ({ bytes, map, worth: bytes * (1 + maps.readers[map]!.length) }))
    .filter(({ map }) => {
      const cascade = inCascade(map)
      // Between the links of a chain only a rolling buffer is needed, and that is counted already.
      if (cascade !== undefined && map < cascade.last) homes[map] = 'sram'
      return cascade === undefined && !maps.isInterface(map)
    })
    .sort((a, b) => b.worth - a.worth || a.map - b.map)
  for (const { map, bytes } of candidates) {
    const span = [map, Math.max(map, ...maps.readers[map]!)] as const
    const during = used.slice(span[0], span[1] + 1)
    if (during.some((others) => others + bytes > sramBytes)) continue
    homes[map] = 'sram'
    for (let at = span[0]; at <= span[1]; at++) used[at]! += bytes
  }
  return homes
}

/** Outputs of steps as maps in memory: who reads them, how they lie, when they are alive. */
class Maps {
  /** Of each step's output, as stored. */
  readonly bytes: readonly number[]
  readonly readers: readonly (readonly number[])[]
  readonly #steps: readonly Step[]
  readonly #outside: Home

  constructor(steps: readonly Step[], target: MicroblockTarget) {
    this.#steps = steps
    this.#outside = mapHome(target)
    const readers: number[][] = steps.map(() => [])
    steps.forEach(({ reads }, at) => {
      for (const source of reads) if (typeof source === 'number') readers[source]!.push(at)
    })
    this.readers = readers
    this.bytes = steps.map(({ shape }, at) => {
      const { operations, repeats } = lower(
        shape,
        this.places(at, () => 'sram'),
      )
      const last = operations.at(-1)
      return last === undefined ? shape.outputBytes : repeats * bytesOf(last.output)
    })
  }

  /** Where a step's operands are, given where each map is. */
  places(at: number, homeOf: (map: number) => Home): OperandPlaces {
    const { reads, isOutput } = this.#steps[at]!
    const from = (source: Source | undefined): Place => {
      if (source === 'network') return { home: this.#outside, layout: 'linear' }
      if (typeof source !== 'number') return { home: 'sram', layout: 'bricks' }
      return { home: this.#home(source, homeOf), layout: this.#layout(source) }
    }
    return {
      input: from(reads[0]),
      second: from(reads[1] ?? reads[0]),
      output: { home: isOutput ? this.#outside : this.#home(at, homeOf), layout: this.#layout(at) },
    }
  }

  #home = (map: number, homeOf: (map: number) => Home): Home => (this.isInterface(map) ? this.#outside : homeOf(map))

  /** Softmax reads rows of plain channels, and so does whoever is outside. */
  #layout = (map: number): Place['layout'] =>
    this.isInterface(map) || this.readers[map]!.some((at) => this.#steps[at]!.shape.op === 'Softmax')
      ? 'linear'
      : 'bricks'

  isInterface = (map: number): boolean => this.#steps[map]!.isOutput

  readBytes(at: number): number {
    const { reads, shape } = this.#steps[at]!
    const known = reads.filter((source) => typeof source === 'number')
    const made = [...new Set(known)].reduce((sum, source) => sum + this.bytes[source]!, 0)
    const isAllMade = known.length === reads.length && known.length > 0
    return isAllMade ? made : made + Math.max(0, shape.inputBytes - known.reduce((sum, s) => sum + this.#plain(s), 0))
  }

  #plain = (map: number): number => this.#steps[map]!.shape.outputBytes

  /** The next step is the only reader, and this is all it reads. */
  feedsNext(at: number): boolean {
    const [reader, ...others] = this.readers[at]!
    const next = this.#steps[at + 1]
    return (
      next !== undefined &&
      reader === at + 1 &&
      others.length === 0 &&
      next.reads.length === 1 &&
      !this.isInterface(at) &&
      this.#layout(at) === 'bricks'
    )
  }

  /** Bytes of maps alive at a step, those inside its cascade and that cascade's own input and output left out. */
  aliveBeside(at: number, cascade: Cascade | undefined): number {
    const start = cascade?.first ?? at
    const end = cascade?.last ?? at
    let alive =
      cascade === undefined && !this.#steps[at]!.reads.every((s) => typeof s === 'number') ? this.readBytes(at) : 0
    if (alive > 0) for (const s of new Set(this.#steps[at]!.reads)) if (typeof s === 'number') alive -= this.bytes[s]!
    for (let map = 0; map < this.bytes.length; map++) {
      const last = this.isInterface(map) ? this.bytes.length - 1 : Math.max(map, ...this.readers[map]!)
      if (map > end || last < start) continue
      if (cascade !== undefined && (map >= start || (this.#steps[start]!.reads.includes(map) && last <= end))) continue
      alive += this.bytes[map]!
    }
    return alive
  }
}

const bytesOf = ({ extent, layout, bits }: Operand): number =>
  Math.ceil((storedElements(extent, layout) * bits) / 8 / 16) * 16
