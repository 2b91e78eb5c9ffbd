import { readFileSync } from 'node:fs'
import type { KernelCost } from '../hw/cycles.js'
import type { Kernel } from '../hw/kernels.js'
import { familyOf, featuresOf, type KernelFamily } from './features.js'

/** A fitted latency predictor: data without code, with where it came from. */
export interface Predictor {
  readonly predictorVersion: 1
  readonly name: string
  readonly machine: string
  /** ISO date of the measurements. */
  readonly measured: string
  /** SHA-256 of the table it was fitted to. */
  readonly dataSha256: string
  readonly families: Readonly<Record<KernelFamily, FamilyModel>>
}

export interface FamilyModel {
  readonly samples: number
  /** Milliseconds per unit of each feature; none is negative. */
  readonly coefficients: readonly number[]
  /** 5 % and 95 % quantiles of measured over predicted, on kernels left out of the fit. */
  readonly ratioQuantiles: readonly [low: number, high: number]
  /** Mean absolute relative error on kernels left out of the fit. */
  readonly meanError: number
}

const loaded = new Map<string, Predictor>()

/** A predictor that comes with the program. */
export function loadPredictor(name: string): Predictor {
  let predictor = loaded.get(name)
  if (predictor === undefined) {
    predictor = JSON.parse(readFileSync(new URL(`./predictors/${name}.json`, import.meta.url), 'utf8')) as Predictor
    loaded.set(name, predictor)
  }
  return predictor
}

/** Predicted cost of one run of a kernel, with a 90 % interval from the residuals. */
export function predictKernel(
  kernel: Kernel,
  predictor: Predictor,
): Pick<KernelCost, 'bound' | 'utilisation' | 'dramBytes' | 'sramBytes'> & {
  readonly latencyMs: number
  readonly lowMs: number
  readonly highMs: number
} {
  const { coefficients, ratioQuantiles } = predictor.families[familyOf(kernel.kind)]
  const features = featuresOf(kernel)
  const parts = features.map((feature, i) => feature * coefficients[i]!)
  const [arithmetic = 0, weights = 0, activations = 0, calls = 0] = parts
  const latencyMs = arithmetic + weights + activations + calls
  const memory = weights + activations
  const bytes = features[1]! + features[2]!
  return {
    latencyMs,
    lowMs: latencyMs * ratioQuantiles[0],
    highMs: latencyMs * ratioQuantiles[1],
    bound: calls > Math.max(arithmetic, memory) ? 'overhead' : memory > arithmetic ? 'memory' : 'compute',
    utilisation: latencyMs === 0 ? 0 : Math.min(1, (kernel.macs * fastestMac(predictor)) / latencyMs),
    dramBytes: bytes,
    sramBytes: bytes,
  }
}

/** Milliseconds per MAC of the best family: what the machine can do. */
function fastestMac({ families }: Predictor): number {
  const rates = Object.values(families).map(({ coefficients }) => coefficients[0] ?? 0)
  const positive = rates.filter((rate) => rate > 0)
  return positive.length === 0 ? 0 : Math.min(...positive)
}
