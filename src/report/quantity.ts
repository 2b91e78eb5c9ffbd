/** Units that people write, in what figures are kept in: ms, mJ, kWh, bytes and counts. */
const factors = new Map<string, number>([
  ['', 1],
  ['ms', 1],
  ['us', 1e-3],
  ['s', 1e3],
  ['mj', 1],
  ['uj', 1e-3],
  ['kwh', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 1024],
  ['mib', 1048576],
  ['gib', 1073741824],
  ['k', 1e3],
  ['m', 1e6],
  ['g', 1e9],
])

export const unitNames = [...factors.keys()].filter((unit) => unit !== '')

/** undefined for a unit nobody knows. */
export const unitFactor = (unit: string): number | undefined => factors.get(unit.toLowerCase())

/** `4GB`, `900 KiB`, `1048576` in bytes; undefined for what is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]i?b?|b?)\s*$/i.exec(text) ?? []
  const factor = unit === undefined ? undefined : unitFactor(unit)
  return factor === undefined ? undefined : Number(number) * factor
}
