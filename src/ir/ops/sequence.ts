import { defineOp } from './define.js'

export const sequenceAt = defineOp({
  type: 'SequenceAt',
  signatures: {
    11: '(input_sequence: S, position: I) -> (tensor: T) S: seq(@ir3); T: @ir3; I: int32|int64',
  },
})

export const sequenceConstruct = defineOp({
  type: 'SequenceConstruct',
  signatures: {
    11: '(...inputs: T) -> (output_sequence: S) T: @ir3; S: seq(@ir3)',
  },
})

export const sequenceEmpty = defineOp({
  type: 'SequenceEmpty',
  signatures: {
    11: '() -> (output: S) {dtype: int} S: seq(@ir3)',
  },
})

export const sequenceErase = defineOp({
  type: 'SequenceErase',
  signatures: {
    11: '(input_sequence: S, position?: I) -> (output_sequence: S) S: seq(@ir3); I: int32|int64',
  },
})

export const sequenceInsert = defineOp({
  type: 'SequenceInsert',
  signatures: {
    11: '(input_sequence: S, tensor: T, position?: I) -> (output_sequence: S) T: @ir3; S: seq(@ir3); I: int32|int64',
  },
})

export const sequenceLength = defineOp({
  type: 'SequenceLength',
  signatures: {
    11: '(input_sequence: S) -> (length: I) S: seq(@ir3); I: int64',
  },
})

export const sequenceMap = defineOp({
  type: 'SequenceMap',
  signatures: {
    17: '(input_sequence: S, ...~additional_inputs?: V) -> (...~out_sequence: S) {body!: graph} S: seq(@ir3); V: @ir3|seq(@ir3)',
  },
})

export const splitToSequence = defineOp({
  type: 'SplitToSequence',
  signatures: {
    11: '(input: T, split?: I) -> (output_sequence: S) {axis: int = 0, keepdims: int = 1} T: @ir3; I: int32|int64; S: seq(@ir3)',
    24: '(input: T, split?: I) -> (output_sequence: S) {axis: int = 0, keepdims: int = 1} T: @ir4; I: int32|int64; S: seq(@ir4)',
  },
})

export const concatFromSequence = defineOp({
  type: 'ConcatFromSequence',
  signatures: {
    11: '(input_sequence: S) -> (concat_result: T) {axis!: int, new_axis: int = 0} S: seq(@ir3); T: @ir3',
  },
})

export const optional = defineOp({
  type: 'Optional',
  signatures: {
    15: '(input?: V) -> (output: O) {type: type_proto} V: @ir3|seq(@ir3); O: optional(seq(@ir3))|optional(@ir3)',
  },
})

export const optionalGetElement = defineOp({
  type: 'OptionalGetElement',
  signatures: {
    15: '(input: O) -> (output: V) O: optional(seq(@ir3))|optional(@ir3); V: @ir3|seq(@ir3)',
    18: '(input: O) -> (output: V) O: optional(seq(@ir3))|optional(@ir3)|@ir3|seq(@ir3); V: @ir3|seq(@ir3)',
  },
})

export const optionalHasElement = defineOp({
  type: 'OptionalHasElement',
  signatures: {
    15: '(input: O) -> (output: B) O: optional(seq(@ir3))|optional(@ir3); B: bool',
    18: '(input?: O) -> (output: B) O: optional(seq(@ir3))|optional(@ir3)|@ir3|seq(@ir3); B: bool',
  },
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
