import { defineOp } from './define.js'

export const dft = defineOp({
  type: 'DFT',
  signatures: {
    17: '(input: T1, dft_length?: T2) -> (output: T1) {axis: int = 1, inverse: int = 0, onesided: int = 0} T1: @float4; T2: int32|int64',
    20: '(input: T1, dft_length?: T2, axis?: int64) -> (output: T1) {inverse: int = 0, onesided: int = 0} T1: @float4; T2: int32|int64',
  },
})

export const stft = defineOp({
  type: 'STFT',
  signatures: {
    17: '(signal: T1, frame_step: T2, window?: T1, frame_length?: T2) -> (output: T1) {onesided: int = 1} T1: @float4; T2: int32|int64',
  },
})

export const melWeightMatrix = defineOp({
  type: 'MelWeightMatrix',
  signatures: {
    17: '(num_mel_bins: T1, dft_length: T1, sample_rate: T1, lower_edge_hertz: T2, upper_edge_hertz: T2) -> (output: T3) {output_datatype: int = 1} T1: int32|int64; T2: @float4; T3: @numeric4',
  },
})

export const hannWindow = defineOp({
  type: 'HannWindow',
  signatures: {
    17: '(size: T1) -> (output: T2) {output_datatype: int = 1, periodic: int = 1} T1: int32|int64; T2: @numeric4',
  },
})

export const hammingWindow = defineOp({
  type: 'HammingWindow',
  signatures: {
    17: '(size: T1) -> (output: T2) {output_datatype: int = 1, periodic: int = 1} T1: int32|int64; T2: @numeric4',
  },
})

export const blackmanWindow = defineOp({
  type: 'BlackmanWindow',
  signatures: {
    17: '(size: T1) -> (output: T2) {output_datatype: int = 1, periodic: int = 1} T1: int32|int64; T2: @numeric4',
  },
})

export const signalOps = [dft, stft, melWeightMatrix, hannWindow, hammingWindow, blackmanWindow]
