import { type Placement, placementByActivation } from './cycles/cost.js'
import type { Kernel } from './kernel.js'
import type { KernelShape } from './shape.js'
import type { Precision, Target } from './target.js'

/** What one inference computes and moves. */
export interface Work {
  readonly macs: number
  /** Bytes that pass through the SRAM, as often as they do. */
  readonly sramBytes: number
  /** Weights streamed, and activations that do not stay on the chip, there and back. */
  readonly dramBytes: number
}

/** Millijoules by what they are spent on. Idle power, clock and control are in no public table and not in these. */
export interface Energy {
  readonly macMj: number
  readonly sramMj: number
  readonly dramMj: number
}

/** E = MACs x e_mac(precision) + SRAM bytes x e_sram + DRAM bytes x e_dram, with the constants of the target. */
export function energyOf({ macs, sramBytes, dramBytes }: Work, target: Target, precision: Precision): Energy {
  const { picojoulesPerMac, picojoulesPerSramByte, picojoulesPerDramByte } = target.energy
  const perMac = picojoulesPerMac[precision] ?? Math.max(0, ...Object.values(picojoulesPerMac))
  return {
    macMj: macs * perMac * 1e-9,
    sramMj: sramBytes * picojoulesPerSramByte * 1e-9,
    dramMj: dramBytes * picojoulesPerDramByte * 1e-9,
  }
}

/** The sum of `energyOf`. */
export function energyMj(work: Work, target: Target, precision: Precision): number {
  const { macMj, sramMj, dramMj } = energyOf(work, target, precision)
  return macMj + sramMj + dramMj
}

/**
 * Bytes moved by a run of a kernel on a target without a cycle model: all through the SRAM once, weights and what is
 * placed in DRAM from there. Without a placement the sizes of the whole input and the whole output decide.
 */
export function movedBytes(
  { inputBytes, outputBytes, weightBytes }: KernelShape,
  target: Target,
  placement: Placement = placementByActivation(
    { inputs: [{ bytes: inputBytes }], outputs: [{ bytes: outputBytes }] },
    target,
  ),
): Pick<Work, 'sramBytes' | 'dramBytes'> {
  return {
    sramBytes: inputBytes + outputBytes + weightBytes,
    dramBytes: weightBytes + placement.dramInputBytes + placement.dramOutputBytes,
  }
}

/** `movedBytes` of a kernel, by its activations where they are known one by one. */
export function trafficOf(
  kernel: Pick<Kernel, 'shape' | 'inputs' | 'outputs'>,
  target: Target,
): Pick<Work, 'sramBytes' | 'dramBytes'> {
  const isKnown = kernel.inputs.length + kernel.outputs.length > 0
  return movedBytes(kernel.shape, target, isKnown ? placementByActivation(kernel, target) : undefined)
}

/** How often a model runs. */
export interface Use {
  readonly users: number
  readonly inferencesPerUserPerDay: number
}

/** The use that reports assume. */
export const aMillionUsers: Use = { users: 1_000_000, inferencesPerUserPerDay: 1 }

/** kWh a day: 1 kWh is 3.6e9 mJ. */
export const kilowattHoursPerDay = (millijoules: number, { users, inferencesPerUserPerDay }: Use): number =>
  (millijoules * users * inferencesPerUserPerDay) / 3.6e9

/**
 * What an int8 MAC may cost with its on-chip traffic before the estimate deserves a second look, in pJ: arithmetic alone
 * takes 0.3 in 45 nm (Horowitz, ISSCC 2014); a product of 4 TOPS at 2 W takes 1, everything included.
 */
export const plausiblePicojoulesPerInt8Mac = { least: 0.3, most: 3 } as const
