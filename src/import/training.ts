import type { GraphProto, ModelProto, StringStringEntryProto } from '../onnx/messages.js'
import type { ImportContext } from './context.js'
import type { Scope } from './scope.js'
import { type FreeNames, freeNames, subgraphsOf } from './sort.js'
import { readTensor } from './tensors.js'

/**
 * Training information travels as it is. Its graphs share the names of the main graph, and its bindings write to
 * initializers: what they name must stay.
 */
export function pinTraining(proto: ModelProto, scope: Scope, context: ImportContext): void {
  const pin = (name: string) => {
    const value = scope.names.get(name)
    if (value !== undefined) value.isPinned = true
  }
  const pinBindings = (bindings: readonly StringStringEntryProto[]) => {
    for (const { key, value } of bindings) {
      pin(key ?? '')
      pin(value ?? '')
    }
  }
  const cache: FreeNames = new WeakMap()
  for (const training of proto.training_info ?? []) {
    pinBindings(training.initialization_binding ?? [])
    pinBindings(training.update_binding ?? [])
    for (const graph of [training.initialization, training.algorithm]) {
      if (graph == null) continue
      for (const name of freeNames(graph, cache)) pin(name)
      for (const output of graph.output ?? []) pin(output.name ?? '')
      checkTensors(graph, context)
    }
  }
}

/** Tensors are checked like all others: their external data is copied along on export. */
function checkTensors(graph: GraphProto, context: ImportContext): void {
  const { external } = context
  const place = `training graph "${graph.name ?? ''}"`
  for (const tensor of graph.initializer ?? []) readTensor(tensor, external, `${place}, initializer "${tensor.name}"`)
  for (const tensor of graph.sparse_initializer ?? []) {
    for (const part of [tensor.values, tensor.indices]) if (part != null) readTensor(part, external, place)
  }
  for (const node of graph.node ?? []) {
    for (const attribute of node.attribute ?? []) {
      if (attribute.t != null) readTensor(attribute.t, external, place)
      for (const tensor of attribute.tensors ?? []) readTensor(tensor, external, place)
    }
    for (const inner of subgraphsOf(node)) checkTensors(inner, context)
  }
}
