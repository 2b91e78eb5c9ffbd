/**
 * Element types of ONNX tensors. Source: ONNX TensorProto.DataType, IR version 13.
 * `bits` is the width in raw data; 0 for strings, which have no raw form.
 */
const table = {
  float32: { number: 1, bits: 32, onnx: 'float' },
  uint8: { number: 2, bits: 8, onnx: 'uint8' },
  int8: { number: 3, bits: 8, onnx: 'int8' },
  uint16: { number: 4, bits: 16, onnx: 'uint16' },
  int16: { number: 5, bits: 16, onnx: 'int16' },
  int32: { number: 6, bits: 32, onnx: 'int32' },
  int64: { number: 7, bits: 64, onnx: 'int64' },
  string: { number: 8, bits: 0, onnx: 'string' },
  bool: { number: 9, bits: 8, onnx: 'bool' },
  float16: { number: 10, bits: 16, onnx: 'float16' },
  float64: { number: 11, bits: 64, onnx: 'double' },
  uint32: { number: 12, bits: 32, onnx: 'uint32' },
  uint64: { number: 13, bits: 64, onnx: 'uint64' },
  complex64: { number: 14, bits: 64, onnx: 'complex64' },
  complex128: { number: 15, bits: 128, onnx: 'complex128' },
  bfloat16: { number: 16, bits: 16, onnx: 'bfloat16' },
  float8e4m3fn: { number: 17, bits: 8, onnx: 'float8e4m3fn' },
  float8e4m3fnuz: { number: 18, bits: 8, onnx: 'float8e4m3fnuz' },
  float8e5m2: { number: 19, bits: 8, onnx: 'float8e5m2' },
  float8e5m2fnuz: { number: 20, bits: 8, onnx: 'float8e5m2fnuz' },
  uint4: { number: 21, bits: 4, onnx: 'uint4' },
  int4: { number: 22, bits: 4, onnx: 'int4' },
  float4e2m1: { number: 23, bits: 4, onnx: 'float4e2m1' },
  float8e8m0: { number: 24, bits: 8, onnx: 'float8e8m0' },
  uint2: { number: 25, bits: 2, onnx: 'uint2' },
  int2: { number: 26, bits: 2, onnx: 'int2' },
} as const

/** Element types of ONNX by name: `float32`, `int8`, `string`... */
export type DType = keyof typeof table

export const dtypes = Object.keys(table) as readonly DType[]

const byNumber = new Map<number, DType>(dtypes.map((dtype) => [table[dtype].number, dtype]))
const byOnnxName = new Map<string, DType>(dtypes.map((dtype) => [table[dtype].onnx, dtype]))

/** The dtype of a TensorProto.DataType number; undefined for UNDEFINED (0) and numbers newer than this table. */
export const dtypeOfNumber = (number: number): DType | undefined => byNumber.get(number)

/** The dtype named inside `tensor(...)` of an operator's schema. */
export const dtypeOfOnnxName = (name: string): DType | undefined => byOnnxName.get(name)

export const numberOfDtype = (dtype: DType): number => table[dtype].number
export const onnxNameOfDtype = (dtype: DType): string => table[dtype].onnx
export const bitsOf = (dtype: DType): number => table[dtype].bits

/** Bytes of `count` elements in raw form (sub-byte types are packed over the flattened tensor). */
export const byteSize = (dtype: DType, count: number): number => Math.ceil((count * table[dtype].bits) / 8)

const ofKind = (names: string) => new Set(names.split(' ') as DType[])
const floats = ofKind(
  'float32 float64 float16 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz float4e2m1 float8e8m0',
)
const integers = ofKind('int2 int4 int8 int16 int32 int64 uint2 uint4 uint8 uint16 uint32 uint64')

export const isFloat = (dtype: DType): boolean => floats.has(dtype)
export const isInteger = (dtype: DType): boolean => integers.has(dtype)
