import { defineOp } from './define.js'

export const matMul = defineOp({
  type: 'MatMul',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) T: @float3',
    9: '(A: T, B: T) -> (Y: T) T: @wide3',
    13: '(A: T, B: T) -> (Y: T) T: @wide4',
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
})

export const einsum = defineOp({
  type: 'Einsum',
  signatures: {
    12: '(...Inputs: T) -> (Output: T) {equation!: string} T: @numeric3',
  },
})

export const det = defineOp({
  type: 'Det',
  signatures: {
    11: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
})

export const matmulOps = [matMul, gemm, einsum, det]
