import type { Measurement } from '../table/fields.js'

/** What MACs alone say: a straight line, and a power law. */
export function macsBaselines(rows: readonly Measurement[]): {
  line: (macs: number) => number
  power: (macs: number) => number
} {
  const line = leastSquares(rows.map(({ macs, latencyMs }) => [macs, latencyMs]))
  const power = leastSquares(rows.map(({ macs, latencyMs }) => [Math.log(Math.max(1, macs)), Math.log(latencyMs)]))
  return {
    line: (macs) => line(macs),
    power: (macs) => Math.exp(power(Math.log(Math.max(1, macs)))),
  }
}

function leastSquares(points: readonly (readonly [x: number, y: number] | number[])[]): (x: number) => number {
  const n = points.length
  const meanX = points.reduce((sum, [x]) => sum + x!, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y!, 0) / n
  let xx = 0
  let xy = 0
  for (const [x, y] of points) {
    xx += (x! - meanX) ** 2
    xy += (x! - meanX) * (y! - meanY)
  }
  const slope = xx === 0 ? 0 : xy / xx
  return (x) => meanY + slope * (x - meanX)
}
