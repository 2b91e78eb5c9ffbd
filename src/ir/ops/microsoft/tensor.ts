import { addDims, floorDivDims } from '../../dim.js'
import { defineOp } from '../define.js'

export const attnLSTM = defineOp({
  domain: 'com.microsoft',
  type: 'AttnLSTM',
  signatures: {
    1: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T, QW?: T, MW?: T, V?: T, M?: T, memory_seq_lens?: T1, AW?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int} T: float|double; T1: int32',
  },
})

export const bifurcationDetector = defineOp({
  domain: 'com.microsoft',
  type: 'BifurcationDetector',
  signatures: {
    1: '(src_tokens: T, cur_tokens: T, prev_suffix_match_idx: T, pred_tokens?: T) -> (tokens: T, suffix_match_idx: T) {max_ngram_size: int = 3, min_ngram_size: int = 1} T: int64',
  },
})

export const cDist = defineOp({
  domain: 'com.microsoft',
  type: 'CDist',
  signatures: {
    1: '(A: T, B: T) -> (C: T) {metric: string = "sqeuclidean"} T: float|double',
  },
  dims: (c) => [c.rank(0) === 2 && c.rank(1) === 2 ? [c.dims(0)![0]!, c.dims(1)![0]!] : undefined],
})

export const complexMul = defineOp({
  domain: 'com.microsoft',
  type: 'ComplexMul',
  signatures: {
    1: '(A: T, B: T) -> (C: T) T: @float3',
  },
  dims: (c) => [c.dims(0)],
})

export const complexMulConj = defineOp({
  domain: 'com.microsoft',
  type: 'ComplexMulConj',
  signatures: {
    1: '(A: T, B: T) -> (C: T) T: @float3',
  },
  dims: (c) => [c.dims(0)],
})

export const cropAndResize = defineOp({
  domain: 'com.microsoft',
  type: 'CropAndResize',
  signatures: {
    1: '(X: T1, rois: T1, batch_indices: T2, crop_size: T2) -> (Y: T1) {extrapolation_value: float = 0.0, mode: string = "bilinear"} T1: @float3; T2: int32',
  },
})

export const dynamicTimeWarping = defineOp({
  domain: 'com.microsoft',
  type: 'DynamicTimeWarping',
  signatures: {
    1: '(input: F) -> (output: I) F: float; I: int32',
  },
})

export const epContext = defineOp({
  domain: 'com.microsoft',
  type: 'EPContext',
  signatures: {
    1: '(...inputs: T) -> (...outputs: T) {embed_mode: int = 1, ep_cache_context: string, ep_sdk_version: string, hardware_architecture: string, main_context: int = 1, max_size: int = 0, notes: string, onnx_model_filename: string, partition_name: string, source: string} T: @numeric4|bool',
  },
})

export const expandDims = defineOp({
  domain: 'com.microsoft',
  type: 'ExpandDims',
  signatures: {
    1: '(X: T, axis: int32) -> (Y: T) T: @ir3',
  },
})

export const gatherND = defineOp({
  domain: 'com.microsoft',
  type: 'GatherND',
  signatures: {
    1: '(data: T, indices: Tind) -> (output: T) T: @ir3; Tind: int32|int64',
  },
})

export const gridSample = defineOp({
  domain: 'com.microsoft',
  type: 'GridSample',
  signatures: {
    1: '(X: T1, Grid: T1) -> (Y: T2) {align_corners: int = 0, mode: string = "bilinear", padding_mode: string = "zeros"} T1: @ir3; T2: @float3',
  },
})

export const inverse = defineOp({
  domain: 'com.microsoft',
  type: 'Inverse',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float3',
  },
  dims: (c) => [c.dims(0)],
})

export const irfft = defineOp({
  domain: 'com.microsoft',
  type: 'Irfft',
  signatures: {
    1: '(X: T) -> (Y: T) {normalized: int = 0, onesided: int = 1, signal_ndim!: int} T: @float3',
  },
})

export const isAllFinite = defineOp({
  domain: 'com.microsoft',
  type: 'IsAllFinite',
  signatures: {
    1: '(...input: V) -> (output: T) {isinf_only: int = 0, isnan_only: int = 0} V: @float4; T: bool',
  },
  dims: () => [[]],
})

export const murmurHash3 = defineOp({
  domain: 'com.microsoft',
  type: 'MurmurHash3',
  signatures: {
    1: '(X: T1) -> (Y: T2) {positive: int = 1, seed: int = 0} T1: uint32|int32|uint64|int64|float|double|string; T2: uint32|int32',
  },
  dims: (c) => [c.dims(0)],
})

export const pad = defineOp({
  domain: 'com.microsoft',
  type: 'Pad',
  signatures: {
    1: '(data: T, pads: int64, value?: T) -> (output: T) {mode: string = "constant"} T: @float3',
  },
})

export const range = defineOp({
  domain: 'com.microsoft',
  type: 'Range',
  signatures: {
    1: '(start: T, limit: T, delta?: T) -> (Y: T) T: float|double|int16|int32|int64',
  },
})

export const rfft = defineOp({
  domain: 'com.microsoft',
  type: 'Rfft',
  signatures: {
    1: '(X: T) -> (Y: T) {normalized: int = 0, onesided: int = 1, signal_ndim: int = 1} T: @float3',
  },
  dims: (c) => {
    const dims = c.dims(0)
    const isOneSided = c.int('onesided') === 1 && c.int('signal_ndim') === 1
    return [
      dims === undefined || !isOneSided
        ? undefined
        : [...dims.slice(0, -1), addDims(floorDivDims(dims.at(-1)!, 2), 1), 2],
    ]
  },
})

export const sampleOp = defineOp({
  domain: 'com.microsoft',
  type: 'SampleOp',
  signatures: {
    1: '(X: T) -> (Y: T) T: @wide3',
  },
  dims: (c) => [c.dims(0)],
})

export const snpe = defineOp({
  domain: 'com.microsoft',
  type: 'Snpe',
  signatures: {
    1: '(...inputs: T) -> (...outputs: T) {DLC!: string, notes: string, snpe_version: string, target_device: string} T: uint8|uint16|float',
  },
})

export const sparseToDenseMatMul = defineOp({
  domain: 'com.microsoft',
  type: 'SparseToDenseMatMul',
  signatures: {
    1: '(A: T, B: T1) -> (Y: T1) {alpha: float = 1.0, transA: int = 0, transB: int = 0} T: sparse_tensor(float)|sparse_tensor(double)|sparse_tensor(int64)|sparse_tensor(int32)|sparse_tensor(uint64)|sparse_tensor(uint32); T1: float|double|int64|int32|uint64|uint32',
  },
})

export const tokenizer = defineOp({
  domain: 'com.microsoft',
  type: 'Tokenizer',
  signatures: {
    1: '(X: T) -> (Y: T) {mark!: int, mincharnum!: int, pad_value!: string, separators: strings, tokenexp: string} T: string',
  },
})

export const torchEmbedding = defineOp({
  domain: 'com.microsoft',
  type: 'TorchEmbedding',
  signatures: {
    1: '(weight: T, indices: int64, padding_idx?: int64, scale_grad_by_freq?: bool) -> (Y: T) T: @numeric4',
  },
})

export const trilu = defineOp({
  domain: 'com.microsoft',
  type: 'Trilu',
  signatures: {
    1: '(X: T, k?: int64) -> (Y: T) {upper: int = 1} T: @numeric4|bool',
  },
  dims: (c) => [c.dims(0)],
})

export const unfoldTensor = defineOp({
  domain: 'com.microsoft',
  type: 'UnfoldTensor',
  signatures: {
    1: '(input: T) -> (output: T) {dim: int = -1, size!: int, step: int = 1} T: @ir4',
  },
})

export const unique = defineOp({
  domain: 'com.microsoft',
  type: 'Unique',
  signatures: {
    1: '(x: T) -> (y: T, idx: int64, counts: int64) T: @ir3',
  },
})

export const wordConvEmbedding = defineOp({
  domain: 'com.microsoft',
  type: 'WordConvEmbedding',
  signatures: {
    1: '(Sequence: T, W: T1, B: T1, C: T1) -> (Y: T1) {char_embedding_size: int, conv_window_size: int, embedding_size: int} T: int32; T1: float',
  },
})

export const microsoftTensorOps = [
  attnLSTM,
  bifurcationDetector,
  cDist,
  complexMul,
  complexMulConj,
  cropAndResize,
  dynamicTimeWarping,
  epContext,
  expandDims,
  gatherND,
  gridSample,
  inverse,
  irfft,
  isAllFinite,
  murmurHash3,
  pad,
  range,
  rfft,
  sampleOp,
  snpe,
  sparseToDenseMatMul,
  tokenizer,
  torchEmbedding,
  trilu,
  unfoldTensor,
  unique,
  wordConvEmbedding,
]
