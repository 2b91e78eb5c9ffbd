import type { MicroblockTarget } from '../../target.js'
import { type Cascade, type Link, planCascades } from './cascade.js'
import { type MicroblockCost, microblockCost } from './cost.js'
import { lower } from './lowering.js'
import { FeatureMaps, type Step } from './maps.js'
import type { MicroblockPlacement, OperandPlaces } from './placement.js'
import { type Home, mapHome } from './port.js'

export interface SequenceEntry {
  readonly placement: MicroblockPlacement
  readonly cost: MicroblockCost
}

/**
 * Kernels in the order they run: where each finds its maps, how much SRAM is free for filters, and under what they can
 * be fetched. `bitsPerWeight`: of filters whose step does not say, left out as the target says. Source: the scheduler of Vela 3.10
 * (ethosu/vela/scheduler.py), without its second round that gives filters' buffers back to maps.
 */
export function planSequence(
  steps: readonly Step[],
  target: MicroblockTarget,
  bitsPerWeight = 8 * target.memory.weightCompression,
): SequenceEntry[] {
  const known = steps.map((step) => ({ ...step, bitsPerWeight: step.bitsPerWeight ?? bitsPerWeight }))
  return planKnown(known, target)
}

interface KnownStep extends Step {
  readonly bitsPerWeight: number
}

function planKnown(steps: readonly KnownStep[], target: MicroblockTarget): SequenceEntry[] {
  const maps = new FeatureMaps(steps, target)
  const inSram = steps.map((_, at) => maps.places(at, () => 'sram'))
  const links = steps.map((step, at) => linkOf(step, at, inSram[at]!, maps, target))
  const cascades = planCascades(links, target)
  const plan = { steps, cascades, maps, target }
  const entries = run(plan, inSram)
  if (mapHome(target) === 'sram') return entries
  const homes = chooseHomes(entries, plan)
  return run(
    plan,
    steps.map((_, at) => maps.places(at, (map) => homes[map]!)),
  )
}

interface Plan {
  readonly steps: readonly KnownStep[]
  readonly cascades: readonly Cascade[]
  readonly maps: FeatureMaps
  readonly target: MicroblockTarget
}

const cascadeOf = (cascades: readonly Cascade[], at: number): Cascade | undefined =>
  cascades.find(({ first, last }) => first <= at && at <= last)

function linkOf(
  { shape, bitsPerWeight }: KnownStep,
  at: number,
  places: OperandPlaces,
  maps: FeatureMaps,
  target: MicroblockTarget,
): Link {
  const { operations, repeats } = lower(shape, places)
  const inputBytes = maps.readBytes(at)
  const outputBytes = maps.bytes[at]!
  return {
    operation: operations.length === 1 && repeats === 1 ? operations[0] : undefined,
    inputBytes,
    outputBytes,
    // What lies off chip takes nothing from the array's own SRAM.
    aliveBytes: mapHome(target) === 'sram' ? maps.aliveBytes(at) : inputBytes + outputBytes,
    feedsNext: maps.feedsNext(at),
    bitsPerWeight,
  }
}

/** Costs with the maps at given places, each kernel's filters fetched under the one before. */
function run({ steps, cascades, maps, target }: Plan, places: readonly OperandPlaces[]): SequenceEntry[] {
  const isShared = mapHome(target) === 'sram'
  let slackCycles = 0
  let filterBytes = 0
  return steps.map(({ shape, bitsPerWeight }, at) => {
    const cascade = cascadeOf(cascades, at)
    // Filters of all kernels of a cascade are there at once, others' only while they run.
    if (cascade === undefined || cascade.first === at) filterBytes = 0
    const beside = cascade === undefined ? maps.aliveBytes(at) : maps.besideBytes(cascade.first)
    const taken = (cascade?.bytes ?? 0) + (isShared ? beside : 0) + filterBytes
    const placement: MicroblockPlacement = {
      ...places[at]!,
      slackCycles,
      freeSramBytes: Math.max(0, target.memory.sramBytes - taken),
      stripeRows: cascade?.stripeRows[at - cascade.first],
      bitsPerWeight,
    }
    const cost = microblockCost(shape, target, placement)
    slackCycles = cost.operations.at(-1)?.slackCycles ?? slackCycles
    filterBytes += filtersOf(cost)
    return { placement, cost }
  })
}

const filtersOf = ({ operations }: MicroblockCost): number =>
  operations.reduce((most, { bufferBytes }) => Math.max(most, bufferBytes), 0)

/**
 * With an SRAM of its own, the array keeps there what fits beside the filters' buffers for as long as it is needed;
 * where maps compete, those of most bytes moved stay. Maps of the network's interface and ends of cascades stay out.
 */
function chooseHomes(entries: readonly SequenceEntry[], { steps, cascades, maps, target }: Plan): Home[] {
  const used = entries.map(({ cost }, at) => filtersOf(cost) + (cascadeOf(cascades, at)?.bytes ?? 0))
  const homes = steps.map((_, map): Home => {
    const cascade = cascadeOf(cascades, map)
    // Between the kernels of a cascade lies a rolling buffer, which is counted already.
    return cascade !== undefined && map < cascade.last ? 'sram' : 'dram'
  })
  const competing = steps
    .map((_, map) => map)
    .filter((map) => cascadeOf(cascades, map) === undefined && !maps.isInterface(map))
    .sort((a, b) => moved(maps, b) - moved(maps, a) || a - b)
  for (const map of competing) {
    const [first, last] = maps.span(map)
    const bytes = maps.bytes[map]!
    if (used.slice(first, last + 1).some((others) => others + bytes > target.memory.sramBytes)) continue
    homes[map] = 'sram'
    for (let at = first; at <= last; at++) used[at]! += bytes
  }
  return homes
}

/** Written once, read by each reader. */
const moved = (maps: FeatureMaps, map: number): number => maps.bytes[map]! * (1 + maps.readers[map]!.length)
