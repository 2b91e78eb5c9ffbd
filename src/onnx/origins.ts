import type { ByteSource } from '../ir/tensor.js'
import type { ValueType } from '../ir/type.js'
import type { TensorProto, TypeProto } from './messages.js'

/**
 * What import knows of messages and export asks for again. Entries live as long as their keys.
 */

/** The message a type was read from. A type without one was made later. */
export const typeOrigins: WeakMap<ValueType, TypeProto> = new WeakMap()

/** Where the content of a tensor with external data lies, by the message that says so. */
export const externalSources: WeakMap<TensorProto, ByteSource> = new WeakMap()
