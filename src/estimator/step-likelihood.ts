import type { DenseRows, StepLogs } from './step-model.js'

/** Latency = overhead + steps x msPerStep, for kernels that are bound by computing. */
export interface StepFit {
  readonly overheadMs: number
  readonly msPerStep: number
  /** Of the logarithm of latency. */
  readonly noise: number
  readonly logLikelihood: number
  /** Of the rows that wait for steps rather than overhead: the part that is as long as the steps say, and the part that is far shorter. */
  readonly share: number
  readonly shorterShare: number
}

/** Part of the rows that may be bound by something else, and the densities of their logarithms: longer is usual, shorter is not. */
const otherwise = 0.3
const densityLonger = 0.3
const densityShorter = 1e-4

const leastNoise = 0.003
const mostNoise = 0.04

/** Fits both coefficients to the rows that agree, weighted by relative error, starting from a guess. */
export function fitSteps(
  rows: DenseRows,
  logs: StepLogs,
  [a, b]: readonly [number, number],
  start: Pick<StepFit, 'overheadMs' | 'msPerStep' | 'noise'>,
): StepFit {
  const { count, latencyMs } = rows
  const steps = new Float64Array(count)
  logs.into(a, b, steps)
  for (let i = 0; i < count; i++) steps[i] = Math.exp(steps[i]!)
  let { overheadMs, msPerStep, noise } = start
  for (let round = 0; round < 4; round++) {
    // Least squares of relative errors: t = o + k s, weights 1 / t^2.
    let w = 0
    let ws = 0
    let wss = 0
    let wt = 0
    let wst = 0
    const near = Math.max(3 * noise, 0.01)
    for (let i = 0; i < count; i++) {
      const t = latencyMs[i]!
      const s = steps[i]!
      if (Math.abs(Math.log(t / (overheadMs + msPerStep * s))) > near) continue
      const weight = 1 / (t * t)
      w += weight
      ws += weight * s
      wss += weight * s * s
      wt += weight * t
      wst += weight * s * t
    }
    const determinant = w * wss - ws * ws
    if (!(determinant > 1e-9 * w * wss)) break
    const overhead = (wt * wss - wst * ws) / determinant
    const slope = (w * wst - ws * wt) / determinant
    if (!(slope > 0)) break
    overheadMs = Math.max(0, overhead)
    msPerStep = slope
    noise = noiseOf(rows, steps, overheadMs, msPerStep, near)
  }
  return { overheadMs, msPerStep, noise, ...judged(rows, steps, overheadMs, msPerStep, noise) }
}

/** Root mean square of the logarithms' errors among the rows that agree. */
function noiseOf(rows: DenseRows, steps: Float64Array, overheadMs: number, msPerStep: number, near: number): number {
  let sum = 0
  let used = 0
  for (let i = 0; i < rows.count; i++) {
    const error = Math.log(rows.latencyMs[i]! / (overheadMs + msPerStep * steps[i]!))
    if (Math.abs(error) > near) continue
    sum += error * error
    used += 1
  }
  return Math.min(mostNoise, Math.max(leastNoise, Math.sqrt(sum / Math.max(1, used))))
}

function judged(
  rows: DenseRows,
  steps: Float64Array,
  overheadMs: number,
  msPerStep: number,
  noise: number,
): Pick<StepFit, 'logLikelihood' | 'share' | 'shorterShare'> {
  const height = (1 - otherwise) / (noise * Math.sqrt(2 * Math.PI))
  let logLikelihood = 0
  let waiting = 0
  let agreeing = 0
  let shorter = 0
  for (let i = 0; i < rows.count; i++) {
    const computing = msPerStep * steps[i]!
    const error = Math.log(rows.latencyMs[i]! / (overheadMs + computing))
    const other = otherwise * (error > 0 ? densityLonger : densityShorter)
    logLikelihood += Math.log(height * Math.exp((-0.5 * error * error) / (noise * noise)) + other)
    if (rows.latencyMs[i]! < 2 * overheadMs) continue
    waiting += 1
    if (Math.abs(error) < 3 * noise) agreeing += 1
    else if (error < -4 * noise) shorter += 1
  }
  const of = Math.max(1, waiting)
  return { logLikelihood, share: agreeing / of, shorterShare: shorter / of }
}
