import { constantOf } from '../../ir/constant.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { valuesOf } from '../../ir/graph-values.js'
import { cloneSlice } from '../../passes/clone-model.js'
import { sameAttributes, sameTensor } from '../../passes/exact/same-attributes.js'

/** What has to be run of a rewritten model to know some of its values. */
export interface ChangedPart {
  /** Computes the values from its inputs. undefined: all of them are the original's. */
  readonly model: Model | undefined
  /** Values of the original that are fed, by the names that they have in both. */
  readonly inputs: readonly string[]
}

/**
 * The part of a rewritten model between values that are what they were in the original and `wanted`: everything before a
 * rewritten block is known from the original.
 */
export function changedPart(original: Model, rewritten: Model, wanted: readonly Value[]): ChangedPart {
  const same = unchangedValues(original, rewritten)
  const nodes = new Set<Node>()
  const inputs = new Set<Value>()
  const open = [...wanted]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (same.has(value)) {
      inputs.add(value)
      continue
    }
    const { producer } = value
    if (producer === undefined || nodes.has(producer)) continue
    nodes.add(producer)
    for (const input of producer.inputs)
      if (input !== undefined && constantOf(input) === undefined) open.push(input)
      else if (input?.producer !== undefined) nodes.add(input.producer)
  }
  const changed = wanted.filter((value) => !same.has(value))
  if (changed.length === 0) return { model: undefined, inputs: [] }
  const ordered = [...rewritten.graph.nodes()].filter((node) => nodes.has(node))
  const slice = { inputs: [...inputs], nodes: ordered, outputs: [...new Set(changed)] }
  return { model: cloneSlice(rewritten, slice), inputs: [...inputs].map(({ name }) => name) }
}

/** Values that the same nodes compute from the same values in both, under the same names. */
export function unchangedValues(original: Model, rewritten: Model): Set<Value> {
  const before = new Map([...valuesOf(original.graph)].map((value) => [value.name, value]))
  const same = new Set<Value>()
  const isSame = (value: Value | undefined, old: Value | undefined): boolean => {
    if (value === undefined || old === undefined) return value === old
    if (same.has(value)) return value.name === old.name
    const [tensor, other] = [constantOf(value), constantOf(old)]
    return tensor !== undefined && other !== undefined && sameTensor(tensor, other)
  }
  for (const input of rewritten.graph.inputs) if (before.get(input.name)?.isInput) same.add(input)
  for (const node of rewritten.graph.nodes()) {
    const old = before.get(node.outputs[0]?.name ?? '')?.producer
    const isKept =
      old !== undefined &&
      old.opType === node.opType &&
      old.domain === node.domain &&
      old.inputs.length === node.inputs.length &&
      sameAttributes(old, node) &&
      node.inputs.every((input, i) => isSame(input, old.inputs[i]))
    if (!isKept) continue
    node.outputs.forEach((output, i) => {
      if (output !== undefined && output.name === old.outputs[i]?.name) same.add(output)
    })
  }
  return same
}
