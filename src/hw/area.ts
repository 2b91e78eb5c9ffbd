import type { ArrayTarget, Target } from './target.js'

/** What a chip is made of, as far as its size depends on it: a proxy, since wires, control and pads are not in it. */
export interface Area {
  /** Multipliers with their accumulators. */
  readonly macs: number
  readonly sramBytes: number
  /** Both as one figure, in int8 MACs. */
  readonly macEquivalents: number
}

/**
 * Bytes of SRAM as large as an int8 MAC, in round numbers: at 45 nm a multiplier and a 32-bit adder take about 420
 * square micrometres, a byte of six-transistor cells with its share of the periphery about 4. An order of magnitude.
 */
const sramBytesPerMac = 100

/** undefined: the target does not say what it is made of. */
export function areaOf(target: Target): Area | undefined {
  if (target.kind === 'measured') return undefined
  const macs = multipliersOf(target)
  const { sramBytes } = target.memory
  return { macs, sramBytes, macEquivalents: macs + sramBytes / sramBytesPerMac }
}

/** Multiply-accumulates a cycle, in int8. */
export function multipliersOf(target: ArrayTarget): number {
  switch (target.kind) {
    case 'dot-product-array':
      return target.array.inputLanes * target.array.outputLanes
    case 'systolic-array':
      return target.array.rows * target.array.columns
    case 'microblock-array':
      return target.array.macsPerCycle
  }
}
