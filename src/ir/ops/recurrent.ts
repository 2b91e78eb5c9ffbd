import { defineOp } from './define.js'

export const gru = defineOp({
  type: 'GRU',
  signatures: {
    1: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "foward", hidden_size: int, output_sequence: int = 0} T: @float3; T1: int32',
    3: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, linear_before_reset: int = 0, output_sequence: int = 0} T: @float3; T1: int32',
    7: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, linear_before_reset: int = 0} T: @float3; T1: int32',
    14: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, layout: int = 0, linear_before_reset: int = 0} T: @float3; T1: int32',
    22: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, layout: int = 0, linear_before_reset: int = 0} T: @float4; T1: int32',
  },
})

export const lstm = defineOp({
  type: 'LSTM',
  signatures: {
    1: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0, output_sequence: int = 0} T: @float3; T1: int32',
    7: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0} T: @float3; T1: int32',
    14: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0, layout: int = 0} T: @float3; T1: int32',
    22: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0, layout: int = 0} T: @float4; T1: int32',
  },
})

export const rnn = defineOp({
  type: 'RNN',
  signatures: {
    1: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int, output_sequence: int = 0} T: @float3; T1: int32',
    7: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int} T: @float3; T1: int32',
    14: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int, layout: int = 0} T: @float3; T1: int32',
    22: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int, layout: int = 0} T: @float4; T1: int32',
  },
})

export const recurrentOps = [gru, lstm, rnn]
