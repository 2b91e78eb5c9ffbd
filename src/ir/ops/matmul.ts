import { mulDims, productOfDims } from '../dim.js'
import { ShapeError } from './context.js'
import { defineOp } from './define.js'
import { einsumAxes, einsumDims, einsumMacs } from './einsum-equation.js'
import { matmulAxes, matmulDims, matmulMacs } from './matmul-shape.js'

export const matMul = defineOp({
  type: 'MatMul',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) T: @float3',
    9: '(A: T, B: T) -> (Y: T) T: @wide3',
    13: '(A: T, B: T) -> (Y: T) T: @wide4',
  },
  traits: ['matmul', 'linear'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(1))],
  macs: (c) => matmulMacs(c, 0),
  axes: (c) => {
    const axes = matmulAxes(c)
    return axes === null ? null : `${axes.a}, ${axes.b} -> ${axes.y}`
  },
})

export const gemm = defineOp({
  type: 'Gemm',
  signatures: {
    1: '(A: T, B: T, C: T) -> (Y: T) {alpha: float = 1.0, beta: float = 1.0, broadcast: int = 0, transA: int = 0, transB: int = 0} T: @float3',
    6: '(A: T, B: T, C: T) -> (Y: T) {alpha: float = 1.0, beta: float = 1.0, broadcast: int = 0, transA: int = 0, transB: int = 0} T: @float3',
    7: '(A: T, B: T, C: T) -> (Y: T) {alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0} T: @float3',
    9: '(A: T, B: T, C: T) -> (Y: T) {alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0} T: @wide3',
    11: '(A: T, B: T, C?: T) -> (Y: T) {alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0} T: @wide3',
    13: '(A: T, B: T, C?: T) -> (Y: T) {alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0} T: @wide4',
  },
  traits: ['matmul', 'linear'],
  dims: (c) => {
    const [a, b] = [c.dims(0), c.dims(1)]
    if (a === undefined || b === undefined) return []
    if (a.length !== 2 || b.length !== 2) throw new ShapeError('Gemm takes matrices')
    return [[a[c.int('transA') === 1 ? 1 : 0]!, b[c.int('transB') === 1 ? 0 : 1]!]]
  },
  macs: (c) => {
    const a = c.dims(0)
    const out = c.outputDims(0)
    return a?.length !== 2 || out === undefined
      ? undefined
      : mulDims(productOfDims(out), a[c.int('transA') === 1 ? 0 : 1]!)
  },
  axes: (c) => {
    const a = c.int('transA') === 1 ? 'k m' : 'm k'
    const b = c.int('transB') === 1 ? 'n k' : 'k n'
    const bias = c.dims(2)
    if (c.hasInput(2) && bias === undefined) return null
    const names = ['m', 'n'].slice(2 - (bias?.length ?? 0))
    const third = c.hasInput(2) ? `, ${names.map((name, i) => (bias![i] === 1 ? '1' : name)).join(' ')}` : ''
    return `${a}, ${b}${third} -> m n`
  },
})

export const einsum = defineOp({
  type: 'Einsum',
  signatures: {
    12: '(...Inputs: T) -> (Output: T) {equation!: string} T: @numeric3',
  },
  traits: ['matmul'],
  dims: (c) => [einsumDims(c)],
  macs: einsumMacs,
  axes: einsumAxes,
})

export const det = defineOp({
  type: 'Det',
  signatures: {
    11: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  dims: (c) => [c.dims(0)?.slice(0, -2)],
})

export const matmulOps = [matMul, gemm, einsum, det]
