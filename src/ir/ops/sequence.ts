import { unknownDim } from '../dim.js'
import { dtypeOfNumber } from '../dtype.js'
import { joinTypes, tensorType, type ValueType } from '../type.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const sequenceAt = defineOp({
  type: 'SequenceAt',
  signatures: {
    11: '(input_sequence: S, position: I) -> (tensor: T) S: seq(@ir3); T: @ir3; I: int32|int64',
  },
  traits: ['container'],
  types: (c) => [elementOf(c, 0)],
})

export const sequenceConstruct = defineOp({
  type: 'SequenceConstruct',
  signatures: {
    11: '(...inputs: T) -> (output_sequence: S) T: @ir3; S: seq(@ir3)',
  },
  traits: ['container'],
  types: (c) => [{ kind: 'sequence', element: c.node.inputs.map((_, i) => c.type(i)).reduce(joinTypes) }],
})

export const sequenceEmpty = defineOp({
  type: 'SequenceEmpty',
  signatures: {
    11: '() -> (output: S) {dtype: int} S: seq(@ir3)',
  },
  traits: ['container'],
  types: (c) => {
    const dtype = dtypeOfNumber(c.int('dtype') ?? 1)
    return [{ kind: 'sequence', element: dtype === undefined ? undefined : tensorType(dtype) }]
  },
})

export const sequenceErase = defineOp({
  type: 'SequenceErase',
  signatures: {
    11: '(input_sequence: S, position?: I) -> (output_sequence: S) S: seq(@ir3); I: int32|int64',
  },
  traits: ['container'],
  types: (c) => [c.type(0)],
})

export const sequenceInsert = defineOp({
  type: 'SequenceInsert',
  signatures: {
    11: '(input_sequence: S, tensor: T, position?: I) -> (output_sequence: S) T: @ir3; S: seq(@ir3); I: int32|int64',
  },
  traits: ['container'],
  types: (c) => [{ kind: 'sequence', element: joinTypes(elementOf(c, 0), c.type(1)) }],
})

export const sequenceLength = defineOp({
  type: 'SequenceLength',
  signatures: {
    11: '(input_sequence: S) -> (length: I) S: seq(@ir3); I: int64',
  },
  traits: ['container'],
  dims: () => [[]],
})

export const sequenceMap = defineOp({
  type: 'SequenceMap',
  signatures: {
    17: '(input_sequence: S, ...~additional_inputs?: V) -> (...~out_sequence: S) {body!: graph} S: seq(@ir3); V: @ir3|seq(@ir3)',
  },
  traits: ['container', 'control-flow'],
  types: (c) => {
    const body = c.graph('body')
    if (body === undefined) return []
    const inputs = c.node.inputs.map((_, i) => (c.type(i)?.kind === 'sequence' ? elementOf(c, i) : c.type(i)))
    return c.inferSubgraph(body, inputs).map((element): ValueType => ({ kind: 'sequence', element }))
  },
})

export const splitToSequence = defineOp({
  type: 'SplitToSequence',
  signatures: {
    11: '(input: T, split?: I) -> (output_sequence: S) {axis: int = 0, keepdims: int = 1} T: @ir3; I: int32|int64; S: seq(@ir3)',
    24: '(input: T, split?: I) -> (output_sequence: S) {axis: int = 0, keepdims: int = 1} T: @ir4; I: int32|int64; S: seq(@ir4)',
  },
  traits: ['container'],
  types: (c) => {
    const dtype = c.dtype(0)
    const dims = c.dims(0)
    if (dtype === undefined) return []
    if (dims === undefined) return [{ kind: 'sequence', element: tensorType(dtype) }]
    const axis = c.axis(c.int('axis') ?? 0, dims.length)
    const keeps = c.hasInput(1) || c.int('keepdims') !== 0
    const part = dims.map((dim, i) => (i === axis ? (c.hasInput(1) ? unknownDim() : 1) : dim))
    return [{ kind: 'sequence', element: tensorType(dtype, keeps ? part : part.filter((_, i) => i !== axis)) }]
  },
})

export const concatFromSequence = defineOp({
  type: 'ConcatFromSequence',
  signatures: {
    11: '(input_sequence: S) -> (concat_result: T) {axis!: int, new_axis: int = 0} S: seq(@ir3); T: @ir3',
  },
  traits: ['container'],
  types: (c) => {
    const element = elementOf(c, 0)
    if (element?.kind !== 'tensor') return []
    const { dims } = element
    if (dims === undefined) return [tensorType(element.dtype)]
    if (c.int('new_axis') === 1) {
      const axis = c.axis(c.int('axis') ?? 0, dims.length + 1)
      return [tensorType(element.dtype, [...dims.slice(0, axis), unknownDim(), ...dims.slice(axis)])]
    }
    const axis = c.axis(c.int('axis') ?? 0, dims.length)
    return [
      tensorType(
        element.dtype,
        dims.map((dim, i) => (i === axis ? unknownDim() : dim)),
      ),
    ]
  },
})

export const optional = defineOp({
  type: 'Optional',
  signatures: {
    15: '(input?: V) -> (output: O) {type: type_proto} V: @ir3|seq(@ir3); O: optional(seq(@ir3))|optional(@ir3)',
  },
  traits: ['container'],
  types: (c) => {
    const declared = c.attribute('type')
    const element = c.hasInput(0) ? c.type(0) : declared?.kind === 'type_proto' ? declared.value : undefined
    return [{ kind: 'optional', element }]
  },
})

export const optionalGetElement = defineOp({
  type: 'OptionalGetElement',
  signatures: {
    15: '(input: O) -> (output: V) O: optional(seq(@ir3))|optional(@ir3); V: @ir3|seq(@ir3)',
    18: '(input: O) -> (output: V) O: optional(seq(@ir3))|optional(@ir3)|@ir3|seq(@ir3); V: @ir3|seq(@ir3)',
  },
  traits: ['container'],
  types: (c) => {
    const type = c.type(0)
    return [type?.kind === 'optional' ? type.element : type]
  },
})

export const optionalHasElement = defineOp({
  type: 'OptionalHasElement',
  signatures: {
    15: '(input: O) -> (output: B) O: optional(seq(@ir3))|optional(@ir3); B: bool',
    18: '(input?: O) -> (output: B) O: optional(seq(@ir3))|optional(@ir3)|@ir3|seq(@ir3); B: bool',
  },
  traits: ['container'],
  dims: () => [[]],
})

export const sequenceOps = [
  sequenceAt,
  sequenceConstruct,
  sequenceEmpty,
  sequenceErase,
  sequenceInsert,
  sequenceLength,
  sequenceMap,
  splitToSequence,
  concatFromSequence,
  optional,
  optionalGetElement,
  optionalHasElement,
]

function elementOf(c: OpContext, input: number): ValueType | undefined {
  const type = c.type(input)
  return type?.kind === 'sequence' ? type.element : undefined
}
