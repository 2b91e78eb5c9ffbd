import { defineOp } from '../define.js'

export const embedLayerNormalization = defineOp({
  domain: 'com.microsoft',
  type: 'EmbedLayerNormalization',
  signatures: {
    1: '(input_ids: T1, segment_ids?: T1, word_embedding: T, position_embedding: T, segment_embedding?: T, gamma: T, beta: T, mask?: T1, position_ids?: T1) -> (output: T, mask_index?: T1, embedding_sum?: T) {epsilon: float = 1e-12, mask_index_type: int} T1: int32; T: float|float16',
  },
})

export const groupNorm = defineOp({
  domain: 'com.microsoft',
  type: 'GroupNorm',
  signatures: {
    1: '(X: T, gamma: M, beta: M) -> (Y: T) {activation!: int, channels_last: int = 1, epsilon: float = 1e-05, groups!: int} T: float16|float; M: float16|float',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const qEmbedLayerNormalization = defineOp({
  domain: 'com.microsoft',
  type: 'QEmbedLayerNormalization',
  signatures: {
    1: '(input_ids: T1, segment_ids?: T1, word_embedding_quant: T2, position_embedding_quant: T2, segment_embedding?: T2, gamma_quant: T2, beta_quant: T2, mask?: T1, word_embedding_scale: T, position_embedding_scale: T, segment_embedding_scale?: T, gamma_scale: T, beta_scale: T, word_embedding_zero_point?: T2, position_embedding_zero_point?: T2, segment_embedding_zero_point?: T2, gamma_zero_point?: T2, beta_zero_point?: T2) -> (layernorm_out: T, mask_index_out: T1) {epsilon: float = 1e-12} T1: int32; T2: int8|uint8; T: float',
  },
})

export const qOrderedLayerNormalization = defineOp({
  domain: 'com.microsoft',
  type: 'QOrderedLayerNormalization',
  signatures: {
    1: '(X: Q, scale_X: S, scale: F, B?: F, scale_Y?: S) -> (Y: Q) {axis: int = -1, epsilon: float = 1e-05, order_X: int = 1, order_Y: int = 1} F: float16|float; S: float; Q: int8',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const skipGroupNorm = defineOp({
  domain: 'com.microsoft',
  type: 'SkipGroupNorm',
  signatures: {
    1: '(X: T, gamma: M, beta: M, skip: T, bias?: T) -> (Y: T, S?: T) {activation!: int, channels_last: int = 1, epsilon: float = 1e-05, groups!: int} T: float16|float; M: float16|float',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const skipLayerNormalization = defineOp({
  domain: 'com.microsoft',
  type: 'SkipLayerNormalization',
  signatures: {
    1: '(input: T, skip: T, gamma: T, beta?: T, bias?: T) -> (output: T, mean?: U, inv_std_var?: U, input_skip_bias_sum?: T) {epsilon: float = 1e-12} T: float|float16|bfloat16; U: float',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const skipSimplifiedLayerNormalization = defineOp({
  domain: 'com.microsoft',
  type: 'SkipSimplifiedLayerNormalization',
  signatures: {
    1: '(input: T, skip: T, gamma: T, bias?: T) -> (output: T, mean?: U, inv_std_var?: U, input_skip_bias_sum?: T) {epsilon: float = 1e-12} T: float|float16|bfloat16; U: float',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const simplifiedLayerNormalization = defineOp({
  type: 'SimplifiedLayerNormalization',
  signatures: {
    1: '(X: T, scale: V) -> (Y: V, inv_std_var?: U) {axis: int = -1, epsilon: float = 1e-05, stash_type: int = 1} T: @float4; U: float|double; V: @float4',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const microsoftNormalizationOps = [
  embedLayerNormalization,
  groupNorm,
  qEmbedLayerNormalization,
  qOrderedLayerNormalization,
  skipGroupNorm,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
  simplifiedLayerNormalization,
]
