import type { KernelShape } from '../../hw/shape.js'
import { SeededRandom } from '../../runtime/random.js'
import type { KernelSpec } from './kernel-spec.js'
import { nearReach, perturb, wideReach } from './perturb.js'
import { idOf, type PriorKernel } from './prior.js'

/** A kernel to measure. */
export interface PlannedKernel {
  readonly id: string
  readonly spec: KernelSpec
  /** The kernel of the prior that it varies. */
  readonly base: PriorKernel
}

/** What a measured kernel told the plan. */
interface Known {
  readonly shape: KernelShape
  readonly latencyMs: number
}

/** Share of the kernels that are moved far from the prior. */
const wideShare = 0.3

/** How often the error is looked at anew, in rows. */
const roundLength = 100

/**
 * Which kernels to measure, one after the other. First every kernel of the prior once, with sizes moved at random; then
 * again those of which little is known: in proportion to how much of the models' time they take and to how badly the
 * kernels measured so far predict each other around them. The same seed and the same latencies give the same plan.
 */
export class MeasurementPlan {
  readonly #prior: readonly PriorKernel[]
  readonly #random: SeededRandom
  readonly #known = new Map<string, Known[]>()
  readonly #seen = new Set<string>()
  #queue: PriorKernel[]

  constructor(prior: readonly PriorKernel[], seed: number) {
    this.#prior = prior
    this.#random = new SeededRandom(seed)
    this.#queue = this.#random.shuffled(prior)
  }

  /** Variants of the next kernel, best first: where one cannot be run the next is tried. undefined: nothing left. */
  next(): readonly PlannedKernel[] | undefined {
    for (let tries = 0; tries < 20; tries++) {
      if (this.#queue.length === 0) this.#queue = this.#refinement()
      const base = this.#queue.pop()
      if (base === undefined) return undefined
      const variants: PlannedKernel[] = []
      const reach = this.#random.uniform() < wideShare ? wideReach : nearReach
      for (const mode of ['all', 'all', 'outer', 'none'] as const) {
        const spec = perturb(base.spec, this.#random, mode, reach)
        const id = idOf(spec)
        if (mode !== 'none' && id === base.id) continue
        if (!this.#seen.has(id) && !variants.some((variant) => variant.id === id)) variants.push({ id, spec, base })
      }
      if (variants.length > 0) return variants
    }
    return undefined
  }

  /** Takes note of a measurement. */
  learn({ id, base }: PlannedKernel, shape: KernelShape, latencyMs: number): void {
    this.#seen.add(id)
    const list = this.#known.get(base.id)
    if (list === undefined) this.#known.set(base.id, [{ shape, latencyMs }])
    else list.push({ shape, latencyMs })
  }

  /** The next round: kernels drawn by weight x error. */
  #refinement(): PriorKernel[] {
    const candidates = this.#prior.filter(({ id }) => this.#known.has(id))
    if (candidates.length === 0) return []
    const errors = this.#errors()
    const scores = candidates.map((kernel) => Math.sqrt(kernel.weight + 1e-4) * (0.05 + (errors.get(kernel.id) ?? 0.5)))
    const total = scores.reduce((sum, score) => sum + score, 0)
    return Array.from({ length: roundLength }, () => {
      let at = this.#random.uniform() * total
      const index = scores.findIndex((score) => (at -= score) <= 0)
      return candidates[index < 0 ? candidates.length - 1 : index]!
    })
  }

  /** By kernel of the prior: how far the logarithm of its latencies is from what the nearest other kernel of its operator says. */
  #errors(): Map<string, number> {
    const byOperator = new Map<string, { id: string; point: number[]; latency: number }[]>()
    for (const [id, list] of this.#known) {
      for (const { shape, latencyMs } of list) {
        const key = `${shape.op} ${shape.precision}`
        const entry = { id, point: pointOf(shape), latency: Math.log(latencyMs) }
        const entries = byOperator.get(key)
        if (entries === undefined) byOperator.set(key, [entry])
        else entries.push(entry)
      }
    }
    const sums = new Map<string, { sum: number; count: number }>()
    for (const entries of byOperator.values()) {
      for (const entry of entries) {
        let nearest: (typeof entries)[number] | undefined
        let least = Number.POSITIVE_INFINITY
        for (const other of entries) {
          if (other === entry) continue
          const distance = entry.point.reduce((sum, value, k) => sum + (value - other.point[k]!) ** 2, 0)
          if (distance < least) [least, nearest] = [distance, other]
        }
        // Work explains the difference as far as it can.
        const error =
          nearest === undefined
            ? 0.5
            : Math.abs(entry.latency - nearest.latency - 0.8 * (entry.point[0]! - nearest.point[0]!))
        const known = sums.get(entry.id) ?? { sum: 0, count: 0 }
        // What has been looked at often needs less looking.
        sums.set(entry.id, { sum: known.sum + error, count: known.count + 1 })
      }
    }
    return new Map([...sums].map(([id, { sum, count }]) => [id, sum / count / Math.sqrt(count)]))
  }
}

/** Work first, then what else tells kernels of one operator apart; logarithms. */
function pointOf(shape: KernelShape): number[] {
  const log = (value: number) => Math.log(Math.max(1, value))
  const bytes = shape.inputBytes + shape.outputBytes + shape.weightBytes
  return [
    log(Math.max(shape.macs, bytes)),
    log(shape.inChannels),
    log(shape.outChannels),
    log(shape.kernelHeight * shape.kernelWidth),
    log(shape.weightBytes) / 2,
    log(shape.runLength),
  ]
}
