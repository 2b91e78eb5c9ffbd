import type { MemoryTiming, MicroblockTarget } from '../../target.js'

/** Which memory data are in; DRAM stands for whatever is off chip, flash too. */
export type Home = 'sram' | 'dram'

/** A memory as seen from the array; times in its cycles. */
export interface MemoryPort extends MemoryTiming {
  readonly bytesPerCycle: number
}

/** How a memory is reached. With everything in SRAM there is no other. */
export function portOf(home: Home, { memory }: MicroblockTarget): MemoryPort {
  return home === 'sram' || memory.mode === 'sram-only'
    ? { bytesPerCycle: memory.sramBytesPerCycle, ...memory.sramTiming }
    : { bytesPerCycle: memory.dramBytesPerCycle, ...memory.dramTiming }
}

/** Where feature maps live before any is moved to the SRAM. */
export const mapHome = ({ memory }: MicroblockTarget): Home => (memory.mode === 'dedicated-sram' ? 'dram' : 'sram')
