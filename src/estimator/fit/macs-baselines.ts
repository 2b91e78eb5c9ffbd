import { PowerRegression, SimpleLinearRegression } from 'ml-regression'
import type { Measurement } from '../table/fields.js'

/** What MACs alone say: a straight line, and a power law; both by least squares, the latter on logarithms. */
export function macsBaselines(rows: readonly Measurement[]): {
  line: (macs: number) => number
  power: (macs: number) => number
} {
  const atLeastOne = (macs: number) => Math.max(1, macs)
  const macs = rows.map((row) => atLeastOne(row.macs))
  const latencies = rows.map(({ latencyMs }) => latencyMs)
  if (new Set(macs).size < 2) {
    const mean = latencies.reduce((sum, each) => sum + each, 0) / latencies.length
    return { line: () => mean, power: () => mean }
  }
  const line = new SimpleLinearRegression(macs, latencies)
  const power = new PowerRegression(macs, latencies)
  return { line: (each) => line.predict(atLeastOne(each)), power: (each) => power.predict(atLeastOne(each)) }
}
