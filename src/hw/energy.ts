import type { Precision, Target } from './target.js'

/** Millijoules of arithmetic and data movement; idle power and control are not in it. */
export function energyMj(
  work: { readonly macs: number; readonly sramBytes: number; readonly dramBytes: number },
  target: Target,
  precision: Precision,
): number {
  const { picojoulesPerMac, picojoulesPerSramByte, picojoulesPerDramByte } = target.energy
  const perMac = picojoulesPerMac[precision] ?? Math.max(0, ...Object.values(picojoulesPerMac))
  return (work.macs * perMac + work.sramBytes * picojoulesPerSramByte + work.dramBytes * picojoulesPerDramByte) * 1e-9
}
