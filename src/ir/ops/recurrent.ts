import { addDims, type Dim, mulDims, productOfDims, unknownDim } from '../dim.js'
import type { OpContext } from './context.js'
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
  traits: ['recurrent'],
  dims: (c) => recurrentDims(c),
  macs: recurrentMacs,
  axes: recurrentAxes,
  sizes: () => [{ at: { attribute: 'hidden_size' }, words: ['h'] }],
})

export const lstm = defineOp({
  type: 'LSTM',
  signatures: {
    1: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0, output_sequence: int = 0} T: @float3; T1: int32',
    7: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0} T: @float3; T1: int32',
    14: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0, layout: int = 0} T: @float3; T1: int32',
    22: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0, layout: int = 0} T: @float4; T1: int32',
  },
  traits: ['recurrent'],
  dims: (c) => recurrentDims(c),
  macs: recurrentMacs,
  axes: recurrentAxes,
  sizes: () => [{ at: { attribute: 'hidden_size' }, words: ['h'] }],
})

export const rnn = defineOp({
  type: 'RNN',
  signatures: {
    1: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int, output_sequence: int = 0} T: @float3; T1: int32',
    7: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int} T: @float3; T1: int32',
    14: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int, layout: int = 0} T: @float3; T1: int32',
    22: '(X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T) -> (Y?: T, Y_h?: T) {activation_alpha: floats, activation_beta: floats, activations: strings = ["Tanh", "Tanh"], clip: float, direction: string = "forward", hidden_size: int, layout: int = 0} T: @float4; T1: int32',
  },
  traits: ['recurrent'],
  dims: (c) => recurrentDims(c),
  macs: recurrentMacs,
  axes: recurrentAxes,
  sizes: () => [{ at: { attribute: 'hidden_size' }, words: ['h'] }],
})

export const recurrentOps = [gru, lstm, rnn]

/** x [T, B, I] (layout 0) or [B, T, I] (layout 1), w [D, gates H, I], r [D, gates H, H]. Source: ONNX LSTM, GRU, RNN. */
function recurrentDims(c: OpContext): (readonly Dim[] | undefined)[] {
  const x = c.dims(0)
  const isBatchFirst = c.int('layout') === 1
  const directions = c.dims(1)?.[0] ?? (c.text('direction') === 'bidirectional' ? 2 : 1)
  const hidden = c.int('hidden_size') ?? c.dims(2)?.[2] ?? unknownDim()
  const length = x?.[isBatchFirst ? 1 : 0] ?? unknownDim()
  const batch = x?.[isBatchFirst ? 0 : 1] ?? unknownDim()
  const all = isBatchFirst ? [batch, length, directions, hidden] : [length, directions, batch, hidden]
  const last = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
  return [all, last, last]
}

/** Per time step and batch element: every weight of w and r once. */
function recurrentMacs(c: OpContext): Dim | undefined {
  const [x, w, r] = [c.dims(0), c.dims(1), c.dims(2)]
  if (x === undefined || w === undefined || r === undefined) return undefined
  return mulDims(mulDims(x[0]!, x[1]!), addDims(productOfDims(w), productOfDims(r)))
}

/**
 * Gates and hidden units are the product (q h) of the weights' second axis; a hidden unit is cut in all gates, in the
 * recurrence and in what comes out. Inputs: x, w, r, b, sequence_lens, initial h, initial c, peepholes.
 */
function recurrentAxes(c: OpContext): string | null {
  if (c.rank(0) !== 3 || c.rank(1) !== 3 || c.rank(2) !== 3) return null
  const isBatchFirst = c.int('layout') === 1
  const state = isBatchFirst ? 'b d! h' : 'd! b h'
  const inputs = [
    isBatchFirst ? 'b t! i' : 't! b i',
    'd! (q! h) i',
    'd! (q! h) h',
    'd! (u! h)',
    'b',
    state,
    state,
    'd! (p! h)',
  ]
  const given = inputs.slice(0, c.inputCount).map((words, i) => (c.hasInput(i) ? words : '_'))
  const all = isBatchFirst ? 'b t d h' : 't d b h'
  return `${given.join(', ')} -> ${[all, state.replace('!', ''), state.replace('!', '')].slice(0, c.outputCount).join(', ')}`
}
