import type { Dim } from '../dim.js'
import { dtypeOfNumber } from '../dtype.js'
import { axisNames, markedAxes } from './broadcast.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const batchNormalization = defineOp({
  type: 'BatchNormalization',
  signatures: {
    1: '(X: T, scale: T, B: T, mean: T, var: T) -> (Y: T, mean?: T, var?: T, saved_mean?: T, saved_var?: T) {consumed_inputs!: ints, epsilon: float = 1e-05, is_test: int = 0, momentum: float = 0.9, spatial: int = 1} T: @float3',
    6: '(X: T, scale: T, B: T, mean: T, var: T) -> (Y: T, mean?: T, var?: T, saved_mean?: T, saved_var?: T) {epsilon: float = 1e-05, is_test: int = 0, momentum: float = 0.9, spatial: int = 1} T: @float3',
    7: '(X: T, scale: T, B: T, mean: T, var: T) -> (Y: T, mean?: T, var?: T, saved_mean?: T, saved_var?: T) {epsilon: float = 1e-05, momentum: float = 0.9, spatial: int = 1} T: @float3',
    9: '(X: T, scale: T, B: T, mean: T, var: T) -> (Y: T, mean?: T, var?: T, saved_mean?: T, saved_var?: T) {epsilon: float = 1e-05, momentum: float = 0.9} T: @float3',
    14: '(X: T, scale: T, B: T, input_mean: U, input_var: U) -> (Y: T, running_mean?: U, running_var?: U) {epsilon: float = 1e-05, momentum: float = 0.9, training_mode: int = 0} T: @float4; U: @float4',
    15: '(X: T, scale: T1, B: T1, input_mean: T2, input_var: T2) -> (Y: T, running_mean?: T2, running_var?: T2) {epsilon: float = 1e-05, momentum: float = 0.9, training_mode: int = 0} T: @float4; T1: @float4; T2: @float4',
  },
  traits: ['normalization', 'linear'],
  dims: (c) => [c.dims(0), ...c.node.outputs.slice(1).map(() => c.dims(3))],
  axes: (c) => (c.node.outputs.length === 1 ? perChannel(c, false) : null),
})

export const instanceNormalization = defineOp({
  type: 'InstanceNormalization',
  signatures: {
    1: '(input: T, scale: T, B: T) -> (output: T) {consumed_inputs: ints, epsilon: float = 1e-05} T: @float3',
    6: '(input: T, scale: T, B: T) -> (output: T) {epsilon: float = 1e-05} T: @float3',
    22: '(input: T, scale: T, B: T) -> (output: T) {epsilon: float = 1e-05} T: @float4',
  },
  traits: ['normalization', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: (c) => perChannel(c, true),
})

export const groupNormalization = defineOp({
  type: 'GroupNormalization',
  signatures: {
    18: 'deprecated',
    21: '(X: T, scale: T, bias: T) -> (Y: T) {epsilon: float = 1e-05, num_groups!: int, stash_type: int = 1} T: @float4',
  },
  traits: ['normalization', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: (c) => {
    const rank = c.rank(0)
    const groups = c.int('num_groups')
    if (rank === undefined || rank < 2 || groups === undefined) return null
    const spatial = axisNames(rank - 2, 7)
    const before = spatial.map((name) => `${name}~`).join(' ')
    // Until opset 21 scale and bias had one entry a group.
    const vector = c.since < 21 ? 'g' : '(g c)'
    return `n (g:${groups} c~) ${before}, ${vector}, ${vector} -> n (g c) ${spatial.join(' ')}`
  },
  sizes: () => [{ at: { attribute: 'num_groups' }, words: ['g'] }],
})

export const layerNormalization = defineOp({
  type: 'LayerNormalization',
  signatures: {
    17: '(X: T, Scale: T, B?: T) -> (Y: T, Mean?: U, InvStdDev?: U) {axis: int = -1, epsilon: float = 1e-05, stash_type: int = 1} T: @float4; U: float|bfloat16',
  },
  traits: ['normalization', 'finite-at-zero'],
  dims: (c) => [c.dims(0), ...c.node.outputs.slice(1).map(() => statisticsDims(c))],
  dtypes: (c) => [c.dtype(0), ...c.node.outputs.slice(1).map(() => dtypeOfNumber(c.int('stash_type') ?? 1))],
  axes: lastAxes,
})

export const rmsNormalization = defineOp({
  type: 'RMSNormalization',
  signatures: {
    23: '(X: T, scale: V) -> (Y: V) {axis: int = -1, epsilon: float = 1e-05, stash_type: int = 1} T: @float4; V: @float4',
  },
  traits: ['normalization', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: lastAxes,
})

export const meanVarianceNormalization = defineOp({
  type: 'MeanVarianceNormalization',
  signatures: {
    9: '(X: T) -> (Y: T) {axes: ints = [0, 2, 3]} T: @float3',
    13: '(X: T) -> (Y: T) {axes: ints = [0, 2, 3]} T: @float4',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
  axes: (c) => markedAxes(c, '~', (axis) => (c.ints('axes') ?? [0, 2, 3]).includes(axis)),
})

export const lrn = defineOp({
  type: 'LRN',
  signatures: {
    1: '(X: T) -> (Y: T) {alpha: float = 0.0001, beta: float = 0.75, bias: float = 1.0, size!: int} T: @float3',
    13: '(X: T) -> (Y: T) {alpha: float = 0.0001, beta: float = 0.75, bias: float = 1.0, size!: int} T: @float4',
  },
  traits: ['normalization', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: (c) => markedAxes(c, '~', (axis) => axis === 1),
})

export const normalizationOps = [
  batchNormalization,
  instanceNormalization,
  groupNormalization,
  layerNormalization,
  rmsNormalization,
  meanVarianceNormalization,
  lrn,
]

/** x [N, C, spatial...] and per-channel vectors; statistics over space pin the spatial axes. */
function perChannel(c: OpContext, isOverSpace: boolean): string | null {
  const rank = c.rank(0)
  if (rank === undefined || rank < 2) return null
  const spatial = axisNames(rank - 2, 7)
  const before = spatial.map((name) => (isOverSpace ? `${name}!` : name)).join(' ')
  const vectors = c.node.inputs.slice(1).map(() => 'c')
  return `${[`n c ${before}`, ...vectors].join(', ')} -> n c ${spatial.join(' ')}`
}

/** Mean and deviation keep the rank, with 1 for the normalised axes. */
function statisticsDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  if (dims === undefined) return undefined
  const axis = c.axis(c.int('axis') ?? -1, dims.length)
  return dims.map((dim, i) => (i < axis ? dim : 1))
}

/** `a b c~, c, c -> a b c, a b 1`: statistics over the axes from `axis` on, scale and bias along them (or broadcast). */
function lastAxes(c: OpContext): string | null {
  const rank = c.rank(0)
  if (rank === undefined) return null
  const axis = c.axis(c.int('axis') ?? -1, rank)
  const names = axisNames(rank)
  const parameters = c.node.inputs.slice(1).map((_, i) => {
    if (!c.hasInput(i + 1)) return '_'
    const dims = c.dims(i + 1)
    return dims?.map((dim, k) => (dim === 1 ? '1' : names[rank - dims.length + k])).join(' ')
  })
  if (parameters.includes(undefined)) return null
  const x = names.map((name, i) => (i >= axis ? `${name}~` : name)).join(' ')
  const statistics = names.map((name, i) => (i >= axis ? '1' : name)).join(' ')
  const results = c.node.outputs.map((_, i) => (i === 0 ? names.join(' ') : statistics))
  return `${[x, ...parameters].join(', ')} -> ${results.join(', ')}`
}
