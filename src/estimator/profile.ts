import { type Binding, type Kernel, planKernels } from '../hw/kernels.js'
import type { Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { metricsOf } from './estimate.js'
import type { KernelMetrics, Metrics } from './metrics.js'

/** A kernel and what it costs. */
export interface ProfiledKernel {
  readonly kernel: Kernel
  readonly metrics: KernelMetrics
}

/** An estimate by the target's rules, with the kernels it is made of. */
export interface Profile {
  readonly metrics: Metrics
  readonly kernels: readonly ProfiledKernel[]
}

/** Infers types first. */
export function profile(model: Model, target: Target, binding: Binding = {}): Profile {
  inferTypes(model)
  const { kernels, assumptions, precision } = planKernels(model, target, binding)
  const metrics = metricsOf(model, target, kernels, assumptions, precision)
  return { metrics, kernels: kernels.map((kernel, i) => ({ kernel, metrics: metrics.kernels[i]! })) }
}

/** Kernels that only one of two models has. */
export interface ChangedKernels {
  readonly before: readonly ProfiledKernel[]
  readonly after: readonly ProfiledKernel[]
}

/** A kernel is the same where its name, its numbers and its time are. */
export function changedKernels(before: Profile, after: Profile): ChangedKernels {
  return { before: onlyIn(before, after), after: onlyIn(after, before) }
}

function onlyIn({ kernels }: Profile, other: Profile): ProfiledKernel[] {
  const known = new Set(other.kernels.map(keyOf))
  return kernels.filter((each) => !known.has(keyOf(each)))
}

const keyOf = ({ kernel: { name, shape }, metrics: { latencyMs } }: ProfiledKernel): string =>
  JSON.stringify([name, shape, latencyMs])

export const latencyOf = (kernels: readonly ProfiledKernel[]): number =>
  kernels.reduce((sum, { metrics }) => sum + metrics.latencyMs, 0)

export const macsOf = (kernels: readonly ProfiledKernel[]): number =>
  kernels.reduce((sum, { kernel }) => sum + kernel.macs * kernel.repeats, 0)
