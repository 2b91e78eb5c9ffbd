import { addDims, type Dim, floorDivDims, mulDims, productOfDims, unknownDim } from '../dim.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const attention = defineOp({
  type: 'Attention',
  signatures: {
    23: '(Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2) -> (Y: T1, present_key?: T1, present_value?: T2, qk_matmul_output?: T1) {is_causal: int = 0, kv_num_heads: int, q_num_heads: int, qk_matmul_output_mode: int = 0, scale: float, softcap: float = 0.0, softmax_precision: int} T1: @float4; T2: @float4; U: @numeric4|bool',
    24: '(Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2, nonpad_kv_seqlen?: int64) -> (Y: T1, present_key?: T1, present_value?: T2, qk_matmul_output?: T1) {is_causal: int = 0, kv_num_heads: int, q_num_heads: int, qk_matmul_output_mode: int = 0, scale: float, softcap: float = 0.0, softmax_precision: int} T1: @float4; T2: @float4; U: @numeric4|bool',
    25: '(Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2, nonpad_kv_seqlen?: int64) -> (Y: T1, present_key?: T1, present_value?: T2, qk_matmul_output?: T1) {is_causal: int = 0, kv_num_heads: int, left_window_size: int = -1, q_num_heads: int, qk_matmul_output_mode: int = 0, right_window_size: int = -1, scale: float, softcap: float = 0.0, softmax_precision: int} T1: @float4; T2: @float4; U: @numeric4|bool',
  },
  traits: ['attention'],
  dims: (c) => {
    const [q, k, v] = [c.dims(0), c.dims(1), c.dims(2)]
    if (q === undefined || k === undefined || v === undefined) return []
    const heads = headsOf(c, q, 'q_num_heads')
    const keyHeads = headsOf(c, k, 'kv_num_heads')
    const [batch, length] = [q[0]!, q.at(-2)!]
    const past = c.dims(4)?.[2]
    const total = past === undefined ? (c.hasInput(4) ? unknownDim() : k.at(-2)!) : addDims(past, k.at(-2)!)
    const keyWidth = headWidth(k, keyHeads)
    const valueWidth = headWidth(v, keyHeads)
    const y = q.length === 4 ? [batch, heads, length, valueWidth] : [batch, length, mulDims(heads, valueWidth)]
    return [y, [batch, keyHeads, total, keyWidth], [batch, keyHeads, total, valueWidth], [batch, heads, length, total]]
  },
  macs: (c) => {
    const [q, k] = [c.dims(0), c.dims(1)]
    // Scores and weighted sum: each as many as query elements times key length.
    return q === undefined || k === undefined ? undefined : mulDims(mulDims(productOfDims(q), k.at(-2)!), 2)
  },
  axes: attentionAxes,
  sizes: (c) =>
    c.rank(0) === 3
      ? [
          { at: { attribute: 'q_num_heads' }, words: ['(g r)'] },
          { at: { attribute: 'kv_num_heads' }, words: ['g'] },
        ]
      : [],
})

export const rotaryEmbedding = defineOp({
  type: 'RotaryEmbedding',
  signatures: {
    23: '(X: T, cos_cache: T, sin_cache: T, position_ids?: M) -> (Y: T) {interleaved: int = 0, num_heads: int, rotary_embedding_dim: int = 0} T: float|float16|bfloat16; M: int64',
  },
  dims: (c) => [c.dims(0)],
})

export const linearAttention = defineOp({
  type: 'LinearAttention',
  signatures: {
    27: '(query: T, key: T, value: T, past_state?: S, decay?: T, beta?: T) -> (output: T, present_state: S) {chunk_size: int = 64, kv_num_heads!: int, q_num_heads!: int, scale: float = 0.0, update_rule: string = "gated_delta"} T: float16|bfloat16|float; S: float16|bfloat16|float',
  },
  traits: ['attention'],
})

export const flexAttention = defineOp({
  domain: 'ai.onnx.preview',
  type: 'FlexAttention',
  signatures: {
    1: '(Q: T1, K: T1, V: T1) -> (Y: T1) {prob_mod: graph, scale: float, score_mod: graph, softmax_precision: int} T1: @float4',
  },
  traits: ['attention'],
  dims: (c) => {
    const [q, v] = [c.dims(0), c.dims(2)]
    return [q?.length === 4 && v?.length === 4 ? [...q.slice(0, 3), v[3]!] : undefined]
  },
})

export const attentionOps = [attention, rotaryEmbedding, linearAttention, flexAttention]

/** 4-D inputs carry their heads as axis 1, 3-D ones fold them into the last axis. */
const headsOf = (c: OpContext, dims: readonly Dim[], attribute: string): Dim =>
  dims.length === 4 ? dims[1]! : (c.int(attribute) ?? unknownDim())

const headWidth = (dims: readonly Dim[], heads: Dim): Dim =>
  dims.length === 4 ? dims[3]! : floorDivDims(dims[2]!, heads)

/**
 * g heads of keys and values, each for r heads of queries. Keys and queries are summed over d, which says by what scores are
 * scaled unless an attribute does. Caches, and masks that tell heads apart, are left alone.
 */
function attentionAxes(c: OpContext): string | null {
  const [q, k, v] = [c.dims(0), c.dims(1), c.dims(2)]
  const groups = k?.length === 4 ? k[1]! : c.int('kv_num_heads')
  const isPlain = c.outputCount === 1 && !c.hasInput(4) && !c.hasInput(5) && !c.hasInput(6)
  const maskHeads = c.hasInput(3) ? c.dims(3)?.at(-3) : 1
  if (!isPlain || q?.length !== k?.length || k?.length !== v?.length || typeof groups !== 'number') return null
  if (c.hasInput(3) && maskHeads !== undefined && maskHeads !== 1) return null
  const d = c.hasAttribute('scale') ? 'd' : 'd~'
  const hasWindow = [c.int('left_window_size'), c.int('right_window_size')].some((size) => (size ?? -1) >= 0)
  // A mask has rows for queries, and causality counts them.
  const s = c.hasInput(3) || c.int('is_causal') === 1 || hasWindow ? 's!' : 's'
  const [b, mask] = c.hasInput(3) ? ['b!', ', _'] : ['b', '']
  return q?.length === 4
    ? `${b} (g:${groups} r) ${s} ${d}, b g t! d, b g t! e${mask} -> b (g r) s e`
    : `${b} ${s} (g:${groups} r ${d}), b t! (g d), b t! (g e)${mask} -> b s (g r e)`
}
