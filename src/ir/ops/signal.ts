import { addDims, type Dim, floorDivDims, isStatic, subDims, unknownDim } from '../dim.js'
import { dtypeOfNumber } from '../dtype.js'
import { defineOp } from './define.js'

export const dft = defineOp({
  type: 'DFT',
  signatures: {
    17: '(input: T1, dft_length?: T2) -> (output: T1) {axis: int = 1, inverse: int = 0, onesided: int = 0} T1: @float4; T2: int32|int64',
    20: '(input: T1, dft_length?: T2, axis?: int64) -> (output: T1) {inverse: int = 0, onesided: int = 0} T1: @float4; T2: int32|int64',
  },
  traits: ['linear'],
  dims: (c) => {
    const dims = c.dims(0)
    if (dims === undefined) return []
    const axis = c.since >= 20 ? (c.hasInput(2) ? c.numbers(2)?.[0] : -2) : (c.int('axis') ?? 1)
    const isOneSided = c.int('onesided') === 1
    const isInverse = c.int('inverse') === 1
    // Real in, complex out, unless a one-sided inverse turns it round.
    const parts = isOneSided && isInverse ? 1 : 2
    if (axis === undefined) return [[...dims.slice(0, -1).map(() => unknownDim()), parts]]
    const at = c.axis(axis, dims.length)
    const given = c.hasInput(1) ? (c.content(1)?.[0] ?? unknownDim()) : undefined
    const out = [...dims]
    out[dims.length - 1] = parts
    if (isOneSided && isInverse) out[at] = given ?? unknownDim()
    else if (isOneSided) out[at] = addDims(floorDivDims(given ?? dims[at]!, 2), 1)
    else if (given !== undefined) out[at] = given
    return [out]
  },
})

export const stft = defineOp({
  type: 'STFT',
  signatures: {
    17: '(signal: T1, frame_step: T2, window?: T1, frame_length?: T2) -> (output: T1) {onesided: int = 1} T1: @float4; T2: int32|int64',
  },
  traits: ['linear'],
  dims: (c) => {
    const signal = c.dims(0)
    const step = c.content(1)?.[0]
    const frame = c.content(3)?.[0] ?? (c.hasInput(3) ? undefined : c.dims(2)?.[0])
    if (signal === undefined) return []
    const count =
      step === undefined || frame === undefined || !isStatic(step) ? unknownDim() : frames(signal[1]!, frame, step)
    const bins =
      frame === undefined ? unknownDim() : c.int('onesided') !== 0 ? addDims(floorDivDims(frame, 2), 1) : frame
    return [[signal[0]!, count, bins, 2]]
  },
})

export const melWeightMatrix = defineOp({
  type: 'MelWeightMatrix',
  signatures: {
    17: '(num_mel_bins: T1, dft_length: T1, sample_rate: T1, lower_edge_hertz: T2, upper_edge_hertz: T2) -> (output: T3) {output_datatype: int = 1} T1: int32|int64; T2: @float4; T3: @numeric4',
  },
  dims: (c) => {
    const bins = c.content(0)?.[0]
    const length = c.content(1)?.[0]
    return [[length === undefined ? unknownDim() : addDims(floorDivDims(length, 2), 1), bins ?? unknownDim()]]
  },
  dtypes: (c) => [dtypeOfNumber(c.int('output_datatype') ?? 1)],
})

export const hannWindow = defineOp({
  type: 'HannWindow',
  signatures: {
    17: '(size: T1) -> (output: T2) {output_datatype: int = 1, periodic: int = 1} T1: int32|int64; T2: @numeric4',
  },
  dims: (c) => [[c.content(0)?.[0] ?? unknownDim()]],
  dtypes: (c) => [dtypeOfNumber(c.int('output_datatype') ?? 1)],
})

export const hammingWindow = defineOp({
  type: 'HammingWindow',
  signatures: {
    17: '(size: T1) -> (output: T2) {output_datatype: int = 1, periodic: int = 1} T1: int32|int64; T2: @numeric4',
  },
  dims: (c) => [[c.content(0)?.[0] ?? unknownDim()]],
  dtypes: (c) => [dtypeOfNumber(c.int('output_datatype') ?? 1)],
})

export const blackmanWindow = defineOp({
  type: 'BlackmanWindow',
  signatures: {
    17: '(size: T1) -> (output: T2) {output_datatype: int = 1, periodic: int = 1} T1: int32|int64; T2: @numeric4',
  },
  dims: (c) => [[c.content(0)?.[0] ?? unknownDim()]],
  dtypes: (c) => [dtypeOfNumber(c.int('output_datatype') ?? 1)],
})

export const signalOps = [dft, stft, melWeightMatrix, hannWindow, hammingWindow, blackmanWindow]

/** Whole frames that fit. */
const frames = (length: Dim, frame: Dim, step: number): Dim => addDims(floorDivDims(subDims(length, frame), step), 1)
