import type { Interaction } from '../interaction.js'
import { nonNegativeFit } from './non-negative-fit.js'
import { quantile } from './statistics.js'

/** A network that was timed as a whole, and what its kernels add up to. */
export interface TimedNetwork {
  readonly name: string
  readonly latencyMs: number
  readonly inputs: number
  readonly outputs: number
  /** Sum over kernels alone. */
  readonly kernelMs: number
  /** Sum of activations of large kernels. */
  readonly largeBytes: number
  readonly weightBytes: number
}

/** Kernels from which on activations count as large: half of a usual second-level cache. */
export const largeFromBytes = 1 << 20

const termsOf = ({ inputs, outputs, kernelMs, largeBytes, weightBytes }: TimedNetwork): Float64Array =>
  // Megabytes and microseconds keep the terms of one size.
  Float64Array.of(1e-3, (inputs - 1) * 1e-3, (outputs - 1) * 1e-3, kernelMs, largeBytes * 1e-6, weightBytes * 1e-6)

/**
 * Relative least squares over networks, no coefficient negative; twice, the second time without networks that are far
 * off. `calls`: models of next to no work, which tell what a call costs. The interval is that of networks left out.
 */
export function fitInteraction(networks: readonly TimedNetwork[], calls: readonly TimedNetwork[]): Interaction {
  const coefficients = solve([...networks, ...calls])
  const residuals = networks.map((network, i) => {
    const others = solve([...networks.filter((_, j) => j !== i), ...calls])
    return Math.abs(Math.log(network.latencyMs / apply(others, network)))
  })
  residuals.sort((a, b) => a - b)
  const [base, input, output, factor, large, weight] = [...coefficients] as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return {
    callMs: (base - input - output) * 1e-3,
    inputMs: input * 1e-3,
    outputMs: output * 1e-3,
    factor,
    largeByteMs: large * 1e-6,
    largeFromBytes,
    weightByteMs: weight * 1e-6,
    halfWidth: quantile(residuals, 0.9),
    networks: networks.length,
  }
}

/** Networks further off than this by the first fit do not take part in the second. */
const farOff = Math.log(1.25)

function solve(networks: readonly TimedNetwork[]): Float64Array {
  const first = leastSquares(networks)
  const near = networks.filter((network) => Math.abs(Math.log(apply(first, network) / network.latencyMs)) < farOff)
  return near.length > first.length ? leastSquares(near) : first
}

function leastSquares(networks: readonly TimedNetwork[]): Float64Array {
  const terms = networks.map(termsOf)
  const latencies = Float64Array.from(networks, ({ latencyMs }) => latencyMs)
  return nonNegativeFit(terms.length, terms[0]!.length, (row) => terms[row]!, latencies)
}

const apply = (coefficients: Float64Array, network: TimedNetwork): number =>
  termsOf(network).reduce((sum, term, k) => sum + term * coefficients[k]!, 0)
