import type { Kernel, KernelKind } from '../hw/kernels.js'

/** What a kernel's time is predicted from, with the unit of each coefficient's denominator. */
export const featureNames = ['macs', 'weightBytes', 'activationBytes', 'calls'] as const

/** Kernels that share a code path on a CPU share a model. */
export const familyOf = (kind: KernelKind): KernelFamily => families[kind]

export type KernelFamily = 'dense' | 'depthwise' | 'pool' | 'elementwise' | 'recurrent'

const families: Readonly<Record<KernelKind, KernelFamily>> = {
  convolution: 'dense',
  'transposed-convolution': 'dense',
  matmul: 'dense',
  attention: 'dense',
  depthwise: 'depthwise',
  pool: 'pool',
  vector: 'elementwise',
  movement: 'elementwise',
  opaque: 'elementwise',
  recurrent: 'recurrent',
}

/** Features of one run of a kernel, in the order of `featureNames`. */
export function featuresOf(kernel: Pick<Kernel, 'macs' | 'weightBytes' | 'inputs' | 'outputs'>): number[] {
  const activationBytes = [...kernel.inputs, ...kernel.outputs].reduce((sum, { bytes }) => sum + bytes, 0)
  return [kernel.macs, kernel.weightBytes, activationBytes, 1]
}
