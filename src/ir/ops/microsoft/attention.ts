import { type Dim, floorDivDims, unknownDim } from '../../dim.js'
import { defineOp } from '../define.js'

export const attention = defineOp({
  domain: 'com.microsoft',
  type: 'Attention',
  signatures: {
    1: '(input: T, weights: T, bias?: T, mask_index?: M, past?: T, attention_bias?: T, past_sequence_length?: M) -> (output: T, present?: T) {do_rotary: int, mask_filter_value: float, num_heads!: int, past_present_share_buffer: int, qkv_hidden_sizes: ints, rotary_embedding_dim: int, scale: float, unidirectional: int = 0} T: float|float16|bfloat16; M: int32',
  },
  traits: ['attention'],
  dims: (c) => {
    const [x, w] = [c.dims(0), c.dims(1)]
    const sizes = c.ints('qkv_hidden_sizes')
    if (x === undefined) return []
    const width: Dim = sizes?.[2] ?? (w === undefined ? unknownDim() : floorDivDims(w[1]!, 3))
    return [[x[0]!, x[1]!, width]]
  },
})

export const decoderAttention = defineOp({
  domain: 'com.microsoft',
  type: 'DecoderAttention',
  signatures: {
    1: '(query: T, key: T, q_weight: T, kv_weight: T, bias: T, key_padding_mask?: B, key_cache?: T, value_cache?: T, static_kv: B, use_past?: B, has_layer_state?: B, has_key_padding_mask?: B) -> (output: T, new_key_cache?: T, new_value_cache?: T) {mask_filter_value: float, num_heads!: int} T: float|float16; B: bool',
  },
})

export const decoderMaskedMultiHeadAttention = defineOp({
  domain: 'com.microsoft',
  type: 'DecoderMaskedMultiHeadAttention',
  signatures: {
    1: '(query: T, key?: T, value?: T, mask_index?: M, attention_bias?: T, past_key?: T, past_value?: T, past_sequence_length?: M, beam_width?: M, cache_indirection?: M, bias?: T) -> (output: T, present_key?: T, present_value?: T, qk?: QK) {mask_filter_value: float, num_heads!: int, output_qk: int, past_present_share_buffer: int, scale: float} T: float|float16; QK: float|float16; M: int32',
  },
})

export const decoderMaskedSelfAttention = defineOp({
  domain: 'com.microsoft',
  type: 'DecoderMaskedSelfAttention',
  signatures: {
    1: '(input: T, weights: T, bias: T, mask_index?: M, past: T, attention_bias?: T, past_sequence_length: M, beam_width?: M, cache_indirection?: M) -> (output: T, present: T) {do_rotary: int, mask_filter_value: float, num_heads!: int, past_present_share_buffer: int, scale: float} T: float|float16; M: int32',
  },
})

export const groupQueryAttention = defineOp({
  domain: 'com.microsoft',
  type: 'GroupQueryAttention',
  signatures: {
    1: '(query: T, key?: T, value?: T, past_key?: T, past_value?: T, seqlens_k: M, total_sequence_length: M, cos_cache?: T, sin_cache?: T, position_ids?: int64, attention_bias?: T, head_sink?: T) -> (output: T, present_key: T, present_value: T, output_qk?: T) {do_rotary: int, kv_num_heads!: int, local_window_size: int = -1, num_heads!: int, qk_output: int = 0, rotary_interleaved: int, scale: float, smooth_softmax: int = -1, softcap: float} T: float16|bfloat16|float; M: int32',
  },
  traits: ['attention'],
  dims: (c) => [c.dims(0)],
})

export const longformerAttention = defineOp({
  domain: 'com.microsoft',
  type: 'LongformerAttention',
  signatures: {
    1: '(input: T, weight: T, bias: T, mask: T, global_weight: T, global_bias: T, global: G) -> (output: T) {num_heads!: int, window!: int} T: float|float16; G: int32',
  },
})

export const multiHeadAttention = defineOp({
  domain: 'com.microsoft',
  type: 'MultiHeadAttention',
  signatures: {
    1: '(query: T, key?: T, value?: T, bias?: T, key_padding_mask?: M, attention_bias?: T, past_key?: T, past_value?: T, past_sequence_length?: M, cache_indirection?: M) -> (output: T, present_key?: T, present_value?: T, qk?: QK) {mask_filter_value: float, num_heads!: int, scale: float, unidirectional: int = 0} T: float|float16|bfloat16; QK: float|float16|bfloat16; M: int32',
  },
  traits: ['attention'],
})

export const packedAttention = defineOp({
  domain: 'com.microsoft',
  type: 'PackedAttention',
  signatures: {
    1: '(input: T, weights: T, bias: T, token_offset: M, cumulative_sequence_length: M, attention_bias?: T) -> (output: T) {num_heads!: int, qkv_hidden_sizes: ints, scale: float} T: float|float16; M: int32',
  },
})

export const packedMultiHeadAttention = defineOp({
  domain: 'com.microsoft',
  type: 'PackedMultiHeadAttention',
  signatures: {
    1: '(query: T, key?: T, value?: T, bias?: T, token_offset: M, cumulative_sequence_length: M, attention_bias?: T) -> (output: T) {mask_filter_value: float, num_heads!: int, scale: float} T: float|float16; M: int32',
  },
})

export const pagedAttention = defineOp({
  domain: 'com.microsoft',
  type: 'PagedAttention',
  signatures: {
    1: '(query: T, key?: T, value?: T, key_cache: T, value_cache: T, cumulative_sequence_length: S, past_seqlens: S, block_table: S, cos_cache?: T, sin_cache?: T) -> (output: T, key_cache_out?: T, value_cache_out?: T) {do_rotary: int, kv_num_heads!: int, local_window_size: int = -1, num_heads!: int, rotary_interleaved: int, scale: float, softcap: float} T: float16|bfloat16; S: int32',
  },
})

export const qAttention = defineOp({
  domain: 'com.microsoft',
  type: 'QAttention',
  signatures: {
    1: '(input: T1, weight: T2, bias: T3, input_scale: T3, weight_scale: T3, mask_index?: T4, input_zero_point?: T1, weight_zero_point?: T2, past?: T3) -> (output: T3, present?: T3) {do_rotary: int, mask_filter_value: float, num_heads!: int, past_present_share_buffer: int, scale: float, unidirectional: int = 0} T1: int8|uint8; T2: int8|uint8; T3: float|float16; T4: int32',
  },
  traits: ['attention'],
})

export const qOrderedAttention = defineOp({
  domain: 'com.microsoft',
  type: 'QOrderedAttention',
  signatures: {
    1: '(input: Q, scale_input: S, scale_Q_gemm: S, scale_K_gemm: S, scale_V_gemm: S, Q_weight: Q, K_weight: Q, V_weight: Q, scale_Q_weight: S, scale_K_weight: S, scale_V_weight: S, Q_bias: S, K_bias: S, V_bias: S, scale_QKT_gemm?: S, scale_QKT_softmax?: S, scale_values_gemm: S, mask_index?: G, past?: Q, attention_bias?: S) -> (output: Q) {num_heads!: int, order_input!: int, order_output!: int, order_weight!: int, qkv_hidden_sizes: ints, unidirectional: int = 0} Q: int8; S: float; G: int32',
  },
})

export const qOrderedLongformerAttention = defineOp({
  domain: 'com.microsoft',
  type: 'QOrderedLongformerAttention',
  signatures: {
    1: '(input: Q, scale_input: S, weight: Q, scale_weight: S, bias: S, scale_bias: S, scale_qkv_gemm: S, mask: F, global_weight: Q, scale_global_weight: S, global_bias: S, scale_global_gemm: S, global: G, scale_output: S) -> (output: Q) {num_heads!: int, order_global_weight!: int, order_input!: int, order_output!: int, order_weight!: int, window!: int} Q: int8; S: float; G: int32; F: float16',
  },
})

export const sparseAttention = defineOp({
  domain: 'com.microsoft',
  type: 'SparseAttention',
  signatures: {
    1: '(query: T, key?: T, value?: T, past_key: T, past_value: T, block_row_indices: M, block_col_indices: M, total_sequence_length: M, key_total_sequence_lengths: M, cos_cache?: T, sin_cache?: T) -> (output: T, present_key: T, present_value: T) {do_rotary: int, kv_num_heads!: int, num_heads!: int, rotary_interleaved: int, scale: float, sparse_block_size!: int} T: float|float16|bfloat16; M: int32',
  },
})

export const gatedRelativePositionBias = defineOp({
  domain: 'com.microsoft',
  type: 'GatedRelativePositionBias',
  signatures: {
    1: '(query_layer: T, query_bias: T, rel_pos: T, weight: T, bias: T, eco_a: T, token_offset?: M) -> (output: T) {num_heads!: int} T: float|float16; M: int32',
  },
})

export const relativePositionBias = defineOp({
  domain: 'com.microsoft',
  type: 'RelativePositionBias',
  signatures: {
    1: '(bias_table: T, query_length: U, key_length: U) -> (output: T) {is_bidirectional: int = 0, max_distance!: int} T: float|float16; U: int64',
  },
})

export const gemmaRotaryEmbedding = defineOp({
  domain: 'com.microsoft',
  type: 'GemmaRotaryEmbedding',
  signatures: {
    1: '(emb: U, q: T, q_rot: T, k: T, k_rot: T) -> (output1: T, output2: T) T: float16; U: float',
  },
})

export const rotaryEmbedding = defineOp({
  domain: 'com.microsoft',
  type: 'RotaryEmbedding',
  signatures: {
    1: '(input: T, position_ids: M, cos_cache: T, sin_cache: T) -> (output: T) {interleaved: int, is_packed_batching: int, num_heads: int, rotary_embedding_dim: int, scale: float} T: float|float16|bfloat16; M: int64',
  },
  dims: (c) => [c.dims(0)],
})

export const removePadding = defineOp({
  domain: 'com.microsoft',
  type: 'RemovePadding',
  signatures: {
    1: '(input: T, sequence_token_count: M) -> (output: T, token_offset: M, cumulated_seq_len: M, max_seq_len: M) T: float|float16; M: int32',
  },
})

export const restorePadding = defineOp({
  domain: 'com.microsoft',
  type: 'RestorePadding',
  signatures: {
    1: '(input: T, token_offset: M) -> (output: T) T: float|float16; M: int32',
  },
})

export const microsoftAttentionOps = [
  attention,
  decoderAttention,
  decoderMaskedMultiHeadAttention,
  decoderMaskedSelfAttention,
  groupQueryAttention,
  longformerAttention,
  multiHeadAttention,
  packedAttention,
  packedMultiHeadAttention,
  pagedAttention,
  qAttention,
  qOrderedAttention,
  qOrderedLongformerAttention,
  sparseAttention,
  gatedRelativePositionBias,
  relativePositionBias,
  gemmaRotaryEmbedding,
  rotaryEmbedding,
  removePadding,
  restorePadding,
]
