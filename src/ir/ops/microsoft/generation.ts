import { defineOp } from '../define.js'

export const beamSearch = defineOp({
  domain: 'com.microsoft',
  type: 'BeamSearch',
  signatures: {
    1: '(input_ids: F, max_length: I, min_length?: I, num_beams: I, num_return_sequences: I, length_penalty?: T, repetition_penalty?: T, vocab_mask?: M, prefix_vocab_mask?: M, attention_mask?: I, decoder_input_ids?: I, logits_processor?: I) -> (sequences: I, sequences_scores?: T, scores?: T) {decoder!: graph, decoder_start_token_id: int = -1, early_stopping: int = 0, encoder: graph, eos_token_id!: int, init_decoder: graph, model_type: int = 0, no_repeat_ngram_size: int = 0, pad_token_id!: int, vocab_size: int = -1} T: float|float16; F: float|int32|float16; I: int32; M: int32',
  },
})

export const greedySearch = defineOp({
  domain: 'com.microsoft',
  type: 'GreedySearch',
  signatures: {
    1: '(input_ids: I, max_length: I, min_length?: I, repetition_penalty?: T, vocab_mask?: I, prefix_vocab_mask?: I, attention_mask?: I) -> (sequences: I) {decoder!: graph, decoder_start_token_id: int = -1, encoder: graph, eos_token_id!: int, init_decoder: graph, model_type: int = 0, no_repeat_ngram_size: int = 0, pad_token_id!: int, vocab_size: int = -1} T: float; I: int32',
  },
})

export const sampling = defineOp({
  domain: 'com.microsoft',
  type: 'Sampling',
  signatures: {
    1: '(input_ids: I, max_length: I, min_length?: I, repetition_penalty?: T, vocab_mask?: I, prefix_vocab_mask?: I, attention_mask?: I, presence_mask?: I, seed?: I) -> (sequences: I, filtered_logits?: T) {custom: int = 0, decoder!: graph, decoder_start_token_id: int = -1, encoder: graph, eos_token_id!: int, filter_value: float = -1e+20, init_decoder: graph, min_tokens_to_keep: int = 0, model_type: int = 0, no_repeat_ngram_size: int = 0, pad_token_id!: int, presence_penalty: float = 0.0, temperature: float = 1.0, top_p: float = 0.0, vocab_size: int = -1} T: float; I: int32',
  },
})

export const whisperBeamSearch = defineOp({
  domain: 'com.microsoft',
  type: 'WhisperBeamSearch',
  signatures: {
    1: '(input_ids: F, max_length: I, min_length?: I, num_beams: I, num_return_sequences: I, length_penalty?: T, repetition_penalty?: T, vocab_mask?: M, prefix_vocab_mask?: M, attention_mask?: I, decoder_input_ids?: I, logits_processor?: I, cross_qk_layer_head?: I, extra_decoding_ids?: I, temperature?: T) -> (sequences: I, sequences_scores?: T, scores?: T, cross_qk?: V, non_speech_probs?: T) {beginning_timestamp_token_id: int, decoder!: graph, decoder_output_cross_qk: int, decoder_start_token_id: int = -1, early_stopping: int = 0, encoder: graph, eos_token_id!: int, init_decoder: graph, model_type: int = 2, no_repeat_ngram_size: int = 0, no_speech_token_id: int, no_timestamps_token_id: int, pad_token_id!: int, start_of_lm_token_id: int, transcribe_token_id: int, translate_token_id: int, vocab_size: int = -1} T: float|float16; F: float|int32|float16; I: int32; M: int32; V: float',
  },
})

export const nGramRepeatBlock = defineOp({
  domain: 'com.microsoft',
  type: 'NGramRepeatBlock',
  signatures: {
    1: '(input_ids: Tid, scores: T) -> (scores_out: T) {ngram_size!: int} Tid: int64; T: float',
  },
})

export const moE = defineOp({
  domain: 'com.microsoft',
  type: 'MoE',
  signatures: {
    1: '(input: T, router_probs: T, fc1_experts_weights: T, fc1_experts_bias?: T, fc2_experts_weights: T, fc2_experts_bias?: T, fc3_experts_weights?: T, fc3_experts_bias?: T) -> (output: T) {activation_alpha: float = 1.0, activation_beta: float = 0.0, activation_type: string = "relu", k: int = 1, normalize_routing_weights: int = 0, swiglu_fusion: int = 0, swiglu_limit: float, use_sparse_mixer: int = 0} T: float|float16|bfloat16',
  },
})

export const microsoftGenerationOps = [beamSearch, greedySearch, sampling, whisperBeamSearch, nGramRepeatBlock, moE]
