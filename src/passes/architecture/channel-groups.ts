import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { namesIn } from '../../ir/ops/axis-words.js'
import { type Run, runsOf } from './axis-form.js'
import { axisEnds, roleOf } from './axis-role.js'
import { AxisTable, type NodeAxes } from './axis-table.js'
import { macsOf, multiplicity, parametersOf } from './group-extent.js'
import type { Pin } from './pin.js'

/**
 * - activation: computed from the model's inputs
 * - producer: a weight that makes the channels; consumer: a weight that they are summed with
 * - parameter: a weight with an entry for each channel (scale, bias, slope)
 * - derived: what weights are computed from (scales of quantized ones, say)
 */
export type MemberRole = 'activation' | 'producer' | 'consumer' | 'parameter' | 'derived'

/** An axis that has the group's channels, alone or among others. */
export interface GroupMember {
  readonly value: Value
  readonly axis: number
  readonly role: MemberRole
  /** Of weights: the node that takes it, and at which input. */
  readonly node?: Node
  readonly input?: number
}

/**
 * Channels that can only be cut together: one run of positions, all over the graph. What can go by itself is a unit; where
 * units are repeated (the same one in every group of a convolution, a head of several channels), `granularity` channels go
 * with each.
 */
export interface ChannelGroup {
  /** Name of its first value in execution order; `#2` and so on for further groups of that value. */
  readonly name: string
  /** Producers, consumers and place among the like: what finds the same group in a model of the same family. */
  readonly signature: string
  /** Channels on its first value: units x granularity. */
  readonly size: number
  readonly units: number
  readonly granularity: number
  readonly members: readonly GroupMember[]
  /** Nodes that make the channels. */
  readonly producers: readonly Node[]
  /** Nodes that sum over them. */
  readonly consumers: readonly Node[]
  /** Multiply-accumulates (batch 1) and weights that would go with all of its channels. */
  readonly macs: number
  readonly parameters: number
  /** Why it has to stay as it is. */
  readonly pinned?: Pin
  /** Why the channels that stay do not compute what they did. */
  readonly approximate?: Pin
  /** Forms of all axes of the model it was found in; void once the model changed. */
  readonly table: AxisTable
  readonly run: Run
}

/** The channel groups of a model in execution order: those with weights and activations, pinned ones included. */
export function channelGroups(model: Model): ChannelGroup[] {
  const table = new AxisTable(model)
  const drafts = new Map<Run, Draft>()
  const draftOf = (run: Run): Draft => {
    let draft = drafts.get(run)
    if (draft === undefined) {
      draft = { run, members: [], producers: new Set(), consumers: new Set() }
      drafts.set(run, draft)
    }
    return draft
  }
  const derived = derivedFromConstants(model)
  const seen = new Set<Value>()
  const activation = (value: Value | undefined) => {
    if (value === undefined || seen.has(value)) return
    seen.add(value)
    if (constantOf(value) !== undefined) return
    table.of(value)?.forEach((form, axis) => {
      const role = derived.has(value) ? 'derived' : 'activation'
      for (const run of new Set(runsOf(form))) draftOf(run).members.push({ value, axis, role })
    })
  }
  for (const input of model.graph.inputs) activation(input)
  for (const axes of table.nodes) {
    for (const input of axes.node.inputs) activation(input)
    for (const output of axes.node.outputs) activation(output)
    noteWeights(axes, table, derived, draftOf)
    noteEnds(axes, derived, draftOf)
  }
  return finished(drafts.values(), table)
}

/** The group of that name; else all that have a value of that name, in execution order. */
export function groupsOf(groups: readonly ChannelGroup[], name: string): ChannelGroup[] {
  const named = groups.filter((group) => group.name === name)
  return named.length > 0 ? named : groups.filter(({ members }) => members.some(({ value }) => value.name === name))
}

/** The first of them. */
export const groupOf = (groups: readonly ChannelGroup[], name: string): ChannelGroup | undefined =>
  groupsOf(groups, name)[0]

interface Draft {
  readonly run: Run
  readonly members: GroupMember[]
  readonly producers: Set<Node>
  readonly consumers: Set<Node>
}

/** Values that no input of the model has a say in. */
function derivedFromConstants(model: Model): Set<Value> {
  const derived = new Set<Value>()
  for (const node of model.graph.nodes()) {
    const isDerived = node.inputs.every((value) => value === undefined || constantOf(value) || derived.has(value))
    if (!isDerived || node.inputs.length === 0 || node.hasSubgraphs) continue
    for (const output of node.outputs) if (output !== undefined) derived.add(output)
  }
  return derived
}

const isWeight = (value: Value | undefined, derived: ReadonlySet<Value>): boolean =>
  value !== undefined && (constantOf(value) !== undefined || derived.has(value))

function noteWeights(
  axes: NodeAxes,
  table: AxisTable,
  derived: ReadonlySet<Value>,
  draftOf: (run: Run) => Draft,
): void {
  const { node, words, forms } = axes
  const ends = axisEnds(axes, (value) => isWeight(value, derived))
  const isOfWeights = node.outputs.every((output) => output === undefined || derived.has(output))
  words.inputs.forEach((terms, input) => {
    const value = node.inputs[input]
    if (terms === undefined || value === undefined || !isWeight(value, derived)) return
    if (table.ofInput(node, input) === undefined) return
    terms.forEach((term, axis) => {
      for (const { name } of namesIn(term)) {
        const role = isOfWeights ? 'derived' : roleOf(name, ends)
        for (const run of new Set(runsOf(forms.get(name)!))) {
          draftOf(run).members.push({ value, axis, role, node, input })
        }
      }
    })
  })
}

/** Where channels begin and end: names that only results, or only operands have. */
function noteEnds(axes: NodeAxes, derived: ReadonlySet<Value>, draftOf: (run: Run) => Draft): void {
  const { node, forms } = axes
  if (node.outputs.every((output) => output === undefined || derived.has(output))) return
  const { taken, given } = axisEnds(axes, (value) => isWeight(value, derived))
  for (const [name, form] of forms) {
    const ends =
      given.has(name) && !taken.has(name) ? 'producers' : taken.has(name) && !given.has(name) ? 'consumers' : undefined
    if (ends !== undefined) for (const run of runsOf(form)) draftOf(run)[ends].add(node)
  }
}

function finished(drafts: Iterable<Draft>, table: AxisTable): ChannelGroup[] {
  const groups: ChannelGroup[] = []
  const ofValue = new Map<string, number>()
  const alike = new Map<string, number>()
  const macs = macsOf(table)
  const parameters = parametersOf(table)
  for (const { run, members, producers, consumers } of drafts) {
    const first = members.find(({ role }) => role === 'activation')
    const isChannels = first !== undefined && members.some(({ role }) => role !== 'activation')
    if (!isChannels || !isStatic(run.size) || run.size < 2) continue
    const count = (ofValue.get(first.value.name) ?? 0) + 1
    ofValue.set(first.value.name, count)
    const kind = `${opTypes(producers)}>${opTypes(consumers)}`
    const place = (alike.get(kind) ?? 0) + 1
    alike.set(kind, place)
    const granularity = multiplicity(table.of(first.value)![first.axis]!, run) as number
    groups.push({
      name: count === 1 ? first.value.name : `${first.value.name}#${count}`,
      signature: `${kind}@${place}`,
      size: run.size * granularity,
      units: run.size,
      granularity,
      members,
      producers: [...producers],
      consumers: [...consumers],
      macs: macs.get(run) ?? 0,
      parameters: parameters.get(run) ?? 0,
      ...(run.pin !== undefined && { pinned: run.pin }),
      ...(run.approximation !== undefined && { approximate: run.approximation }),
      table,
      run,
    })
  }
  return groups
}

const opTypes = (nodes: ReadonlySet<Node>): string =>
  [...new Set([...nodes].map(({ opType }) => opType))].sort().join('+')
