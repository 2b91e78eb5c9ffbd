import type { Model } from '../ir/graph.js'
import type { FunctionProto } from '../onnx/messages.js'
import type { ExternalFiles } from './external.js'

/** What the parts of one import share. */
export interface ImportContext {
  readonly model: Model
  readonly external: ExternalFiles
  /** Messages of the model's functions by key (functionKey). */
  readonly functions: ReadonlyMap<string, FunctionProto>
  /** Operators that nobody declared, and how often they occur. */
  readonly unknownOperators: Map<string, number>
}
