import type { MemoryPlan } from './plan.js'

/**
 * DRAM traffic of a plan whose buffers do not fit all at once: what is not needed by the running kernel is moved out, the
 * buffer whose next reader is furthest away first, and back before it is read. One that has a copy in DRAM already is
 * dropped for nothing. Buffers over `residentLimit` live in DRAM anyway and are not in it; neither is what a single kernel
 * needs beyond the SRAM, which it has to work on in pieces.
 * Source: the replacement of L. Belady, "A study of replacement algorithms for a virtual-storage computer", 1966.
 */
export function overflowBytes(plan: MemoryPlan, sramBytes: number, residentLimit: number): number {
  const { buffers, order } = plan
  const born: number[][] = order.map(() => [])
  const read: number[][] = order.map(() => [])
  buffers.forEach(({ bytes, first, reads }, buffer) => {
    if (bytes === 0 || bytes > residentLimit) return
    born[first]!.push(buffer)
    for (const step of reads) read[step]!.push(buffer)
  })
  /** On the chip, and whether there is a copy in DRAM. */
  const resident = new Map<number, boolean>()
  const copied = new Set<number>()
  let held = 0
  let traffic = 0
  const enter = (buffer: number) => {
    resident.set(buffer, copied.has(buffer))
    held += buffers[buffer]!.bytes
  }
  const leave = (buffer: number) => {
    if (resident.delete(buffer)) held -= buffers[buffer]!.bytes
  }
  const nextRead = (buffer: number, step: number) =>
    buffers[buffer]!.reads.find((at) => at > step) ?? buffers[buffer]!.last

  for (let step = 0; step < order.length; step++) {
    for (const buffer of read[step]!) {
      if (resident.has(buffer)) continue
      // An input of the model is born on the chip: what is missing was moved out before.
      traffic += copied.has(buffer) ? buffers[buffer]!.bytes : 0
      enter(buffer)
    }
    for (const buffer of born[step]!) {
      const { overwrites } = buffers[buffer]!
      if (overwrites >= 0) leave(overwrites)
      if (!resident.has(buffer)) enter(buffer)
    }
    const needed = new Set([...read[step]!, ...born[step]!])
    while (held > sramBytes) {
      const victims = [...resident.keys()].filter((buffer) => !needed.has(buffer))
      if (victims.length === 0) break
      const victim = victims.reduce((a, b) => (nextRead(b, step) > nextRead(a, step) ? b : a))
      if (!resident.get(victim)) traffic += buffers[victim]!.bytes
      copied.add(victim)
      leave(victim)
    }
    for (const buffer of [...resident.keys()]) if (buffers[buffer]!.last <= step) leave(buffer)
  }
  return traffic
}
