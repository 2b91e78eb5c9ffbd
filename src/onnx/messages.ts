import type { onnx } from './generated/onnx.js'

/** The messages of the ONNX schema, as read from a file or built for one. Unset single fields are null or absent. */
export type ModelProto = onnx.ModelProto.$Properties
export type GraphProto = onnx.GraphProto.$Properties
export type NodeProto = onnx.NodeProto.$Properties
export type FunctionProto = onnx.FunctionProto.$Properties
export type AttributeProto = onnx.AttributeProto.$Properties
export type TensorProto = onnx.TensorProto.$Properties
export type SparseTensorProto = onnx.SparseTensorProto.$Properties
export type ValueInfoProto = onnx.ValueInfoProto.$Properties
export type TypeProto = onnx.TypeProto.$Properties
export type TensorShapeProto = onnx.TensorShapeProto.$Properties
export type Dimension = onnx.TensorShapeProto.Dimension.$Properties
export type OperatorSetIdProto = onnx.OperatorSetIdProto.$Properties
export type StringStringEntryProto = onnx.StringStringEntryProto.$Properties
export type TensorAnnotation = onnx.TensorAnnotation.$Properties
export type TrainingInfoProto = onnx.TrainingInfoProto.$Properties
export type NodeDeviceConfigurationProto = onnx.NodeDeviceConfigurationProto.$Properties
export type SequenceProto = onnx.SequenceProto.$Properties
export type MapProto = onnx.MapProto.$Properties
export type OptionalProto = onnx.OptionalProto.$Properties

interface Message {
  $unknowns?: Uint8Array[]
}

/** A copy of a message with some fields changed. Unknown fields come along; undefined removes a field. */
export function changed<T extends Message>(message: T, changes: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const copy = { ...message } as Record<string, unknown>
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete copy[key]
    else copy[key] = value
  }
  // Not enumerable on decoded messages, so a spread leaves it behind.
  if (message.$unknowns !== undefined) copy.$unknowns = message.$unknowns
  return copy as T
}

/** Data location of a tensor whose content lies outside the model file. */
export const externalLocation = 1

/** AttributeProto.AttributeType by number; index 0 is UNDEFINED. */
export const attributeTypes = [
  undefined,
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse_tensor',
  'sparse_tensors',
  'type_proto',
  'type_protos',
] as const
