import { isStatic } from '../ir/dim.js'
import type { Graph, Value } from '../ir/graph.js'
import { dimsOf, dtypeOf, type ValueType } from '../ir/type.js'
import { changed, type GraphProto, type TensorAnnotation, type ValueInfoProto } from '../onnx/messages.js'
import { typeOrigins } from '../onnx/origins.js'
import type { NameOf } from './names.js'
import { typeProto } from './types.js'

/** What a file says of values, under the names they have now. */

const byName = (infos: readonly ValueInfoProto[] | null | undefined): Map<string, ValueInfoProto> =>
  new Map((infos ?? []).map((info) => [info.name ?? '', info]))

export function inputInfos(graph: Graph, nameOf: NameOf): ValueInfoProto[] {
  const origins = byName((graph.origin as GraphProto | undefined)?.input)
  return graph.inputs.map((value) => valueInfo(value, nameOf(value), origins.get(value.fileName ?? '')))
}

export function outputInfos(graph: Graph, nameOf: NameOf): ValueInfoProto[] {
  const before = (graph.origin as GraphProto | undefined)?.output ?? []
  // Slot by slot while there are as many as before: then a slot is the same output, whoever computes it now.
  const isSameCount = before.length === graph.outputs.length
  const origins = byName(before)
  return graph.outputs.map((value, i) => {
    const name = nameOf(value)
    const origin = isSameCount ? before[i] : (origins.get(name) ?? origins.get(value.fileName ?? ''))
    return valueInfo(value, name, origin)
  })
}

function valueInfo(value: Value, name: string, origin: ValueInfoProto | undefined): ValueInfoProto {
  const { claim } = value
  if (origin === undefined) return claim === undefined ? { name } : { name, type: typeProto(claim) }
  // A claim that no message made is a pass's own: it replaces the file's.
  const isNewType = claim !== undefined && !typeOrigins.has(claim)
  if (origin.name === name && !isNewType) return origin
  return changed(origin, isNewType ? { name, type: typeProto(claim) } : { name })
}

/**
 * Types of inner values: of those that are still there and that nothing learned since contradicts. An entry that names
 * nothing is kept: it did so in the file.
 */
export function innerInfos(
  graph: Graph,
  entries: readonly ValueInfoProto[],
  originNames: () => ReadonlySet<string>,
  nameOf: NameOf,
): ValueInfoProto[] {
  if (entries.length === 0) return []
  const living = livingValues(graph)
  let known: ReadonlySet<string> | undefined
  const kept: ValueInfoProto[] = []
  for (const entry of entries) {
    const given = entry.name ?? ''
    const value = living.get(given)
    if (value === undefined) {
      known ??= originNames()
      if (!known.has(given)) kept.push(entry)
      continue
    }
    const name = nameOf(value)
    if (contradicts(value.claim, value.type)) continue
    // Under the name of a graph output the output's own entry speaks.
    if (name === given || !value.isGraphOutput) kept.push(valueInfo(value, name, entry))
  }
  return kept
}

function livingValues(graph: Graph): Map<string, Value> {
  const living = new Map<string, Value>()
  const add = (value: Value | undefined) => {
    if (value?.fileName !== undefined) living.set(value.fileName, value)
  }
  graph.inputs.forEach(add)
  graph.initializers.forEach(add)
  for (const node of graph.nodes()) node.outputs.forEach(add)
  return living
}

function contradicts(claim: ValueType | undefined, found: ValueType | undefined): boolean {
  if (claim === undefined || found === undefined || claim === found) return false
  if (claim.kind !== found.kind || dtypeOf(claim) !== dtypeOf(found)) return true
  const [claimed, real] = [dimsOf(claim), dimsOf(found)]
  if (claimed === undefined || real === undefined) return false
  if (claimed.length !== real.length) return true
  return claimed.some((dim, i) => isStatic(dim) && isStatic(real[i]!) && dim !== real[i])
}

/** Names that the nodes, inputs and initializers of a message define. */
export function definedNames(proto: GraphProto): ReadonlySet<string> {
  const names = new Set<string>()
  for (const input of proto.input ?? []) names.add(input.name ?? '')
  for (const tensor of proto.initializer ?? []) names.add(tensor.name ?? '')
  for (const tensor of proto.sparse_initializer ?? []) names.add(tensor.values?.name ?? '')
  for (const node of proto.node ?? []) for (const output of node.output ?? []) names.add(output)
  return names
}

/** Quantization annotations follow the names of their values. */
export function annotations(graph: Graph, nameOf: NameOf): TensorAnnotation[] {
  const entries = (graph.origin as GraphProto | undefined)?.quantization_annotation ?? []
  if (entries.length === 0) return []
  const living = livingValues(graph)
  const rename = (given: string | null | undefined) => {
    const value = living.get(given ?? '')
    return value === undefined ? given : nameOf(value)
  }
  return entries.map((entry) => {
    const parameters = entry.quant_parameter_tensor_names ?? []
    const isSame =
      rename(entry.tensor_name) === entry.tensor_name && parameters.every(({ value }) => rename(value) === value)
    if (isSame) return entry
    return changed(entry, {
      tensor_name: rename(entry.tensor_name),
      quant_parameter_tensor_names: parameters.map((item) => changed(item, { value: rename(item.value) })),
    })
  })
}
