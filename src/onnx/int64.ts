import Long from 'long'

/** Conversions of 64-bit fields. */

export function bigintOf(long: Long): bigint {
  // Most values of real files fit into 32 bits.
  if (long.high === long.low >> 31) return BigInt(long.low)
  return (BigInt(long.high) << 32n) | BigInt(long.low >>> 0)
}

export const longOf = (value: bigint | number): Long =>
  typeof value === 'number'
    ? Long.fromNumber(value)
    : new Long(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)))

/** The value as a number, or undefined when it is beyond the safe integers. */
export function safeIntegerOf(long: Long): number | undefined {
  const value = long.toNumber()
  return Number.isSafeInteger(value) ? value : undefined
}
