/** Figures as a person reads them: three significant digits, units that keep numbers short. */

export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

const scaled = (value: number, base: number, units: readonly string[]): string => {
  let size = value
  let unit = 0
  while (Math.abs(size) >= base && unit < units.length - 1) {
    size /= base
    unit += 1
  }
  return `${unit === 0 ? Math.round(size) : significant(size)} ${units[unit]}`.trim()
}

/** At least three significant digits, never an exponent for everyday sizes. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const magnitude = Math.abs(value)
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e6)) return value.toExponential(2)
  if (magnitude >= 100) return value.toFixed(0)
  return magnitude >= 10 ? value.toFixed(1) : magnitude >= 1 ? value.toFixed(2) : value.toFixed(3)
}

export const bytes = (value: number): string => scaled(value, 1000, ['B', 'kB', 'MB', 'GB'])
export const magnitude = (value: number): string => scaled(value, 1000, ['', 'K', 'M', 'G', 'T'])
export const milliseconds = (value: number): string => `${significant(value)} ms`
export const seconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} s`

/** `-12.3 %`, `same`, or `new` where there was nothing. A change that would be rounded away gets one digit more. */
export function change(before: number, after: number, decimals = 1): string {
  if (before === after) return 'same'
  if (before === 0) return 'new'
  const percent = (after / before - 1) * 100
  const digits = Math.abs(percent) < 10 ** -decimals ? decimals + 1 : decimals
  return `${percent > 0 ? '+' : ''}${percent.toFixed(digits)} %`
}
