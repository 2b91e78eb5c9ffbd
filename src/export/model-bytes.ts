import type { Model } from '../ir/graph.js'
import { encodeModel } from '../onnx/codec.js'
import { toProto } from './to-proto.js'

/** A model as the bytes of its file; weights that lie outside it are not in them. Throws RangeError beyond protobuf's limit. */
export const modelBytes = (model: Model): Buffer => Buffer.concat(encodeModel(toProto(model)))
