import { defineOp } from './define.js'

export const attention = defineOp({
  type: 'Attention',
  signatures: {
    23: '(Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2) -> (Y: T1, present_key?: T1, present_value?: T2, qk_matmul_output?: T1) {is_causal: int = 0, kv_num_heads: int, q_num_heads: int, qk_matmul_output_mode: int = 0, scale: float, softcap: float = 0.0, softmax_precision: int} T1: @float4; T2: @float4; U: @numeric4|bool',
    24: '(Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2, nonpad_kv_seqlen?: int64) -> (Y: T1, present_key?: T1, present_value?: T2, qk_matmul_output?: T1) {is_causal: int = 0, kv_num_heads: int, q_num_heads: int, qk_matmul_output_mode: int = 0, scale: float, softcap: float = 0.0, softmax_precision: int} T1: @float4; T2: @float4; U: @numeric4|bool',
    25: '(Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2, nonpad_kv_seqlen?: int64) -> (Y: T1, present_key?: T1, present_value?: T2, qk_matmul_output?: T1) {is_causal: int = 0, kv_num_heads: int, left_window_size: int = -1, q_num_heads: int, qk_matmul_output_mode: int = 0, right_window_size: int = -1, scale: float, softcap: float = 0.0, softmax_precision: int} T1: @float4; T2: @float4; U: @numeric4|bool',
  },
})

export const rotaryEmbedding = defineOp({
  type: 'RotaryEmbedding',
  signatures: {
    23: '(X: T, cos_cache: T, sin_cache: T, position_ids?: M) -> (Y: T) {interleaved: int = 0, num_heads: int, rotary_embedding_dim: int = 0} T: float|float16|bfloat16; M: int64',
  },
})

export const linearAttention = defineOp({
  type: 'LinearAttention',
  signatures: {
    27: '(query: T, key: T, value: T, past_state?: S, decay?: T, beta?: T) -> (output: T, present_state: S) {chunk_size: int = 64, kv_num_heads!: int, q_num_heads!: int, scale: float = 0.0, update_rule: string = "gated_delta"} T: float16|bfloat16|float; S: float16|bfloat16|float',
  },
})

export const flexAttention = defineOp({
  domain: 'ai.onnx.preview',
  type: 'FlexAttention',
  signatures: {
    1: '(Q: T1, K: T1, V: T1) -> (Y: T1) {prob_mod: graph, scale: float, score_mod: graph, softmax_precision: int} T1: @float4',
  },
})

export const attentionOps = [attention, rotaryEmbedding, linearAttention, flexAttention]
