import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { slidingWindow } from '../../ir/ops/sliding-window.js'
import { attr } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'
import { clipBounds } from './scalar-constant.js'

/**
 * Zeros that a Pad puts around the spatial axes are the zeros that a Conv pads with. AveragePool likewise, when it counts
 * padding (count_include_pad) or has none of its own. MaxPool pads with minus infinity: zeros do the same only where no
 * element is below zero and every window holds at least one.
 */
export const padIntoWindow = definePass({
  id: 'pad-into-window',
  kind: 'rounding',
  rule: 'Conv(Pad(x, p, 0), pads q) = Conv(x, pads p + q)',
  example: ['y = Conv<pads=[0, 0, 0, 0]>(Pad(x, [0, 0, 1, 1, 0, 0, 1, 1]))', 'y = Conv<pads=[1, 1, 1, 1]>(x)'],
  roots: ['Conv', 'AveragePool', 'MaxPool'],
  match(node) {
    const padded = node.inputs[0]
    const pad = padded?.producer
    const source = pad?.inputs[0]
    const found = contextOf(node)
    if (padded === undefined || pad === undefined || source === undefined || found === undefined) return null
    if (!pad.is('Pad') || node.hasReferences || padded.soleUser !== node || pad.graph !== node.graph) return null
    const spatial = spatialPads(pad)
    if (spatial === undefined)
      return skip('pad-not-constant', node, 'none: mode, amounts or value are not those of a convolution')
    const kernel = node.is('Conv') ? constantOf(node.inputs[1])?.dims.slice(2) : found.context.ints('kernel_shape')
    const window = kernel === undefined ? undefined : slidingWindow(found.context, kernel)
    if (window?.pads === undefined || window.autoPad.startsWith('SAME') || window.ceilMode) return null
    const own = [...window.pads.begin, ...window.pads.end]
    if (spatial.pads.length !== own.length) return null
    const isUnpadded = own.every((amount) => amount === 0)
    const isAverage = node.is('AveragePool')
    if (isAverage && !isUnpadded && found.context.int('count_include_pad') !== 1) return null
    if (isAverage && found.resolved.since < 7) return null
    const isMax = node.is('MaxPool')
    const fits = isMax ? spatial.value === Number.NEGATIVE_INFINITY : spatial.value === 0
    const isHarmless = isMax && spatial.value === 0 && isNonNegative(source) && window.dilations.every((d) => d === 1)
    if (!fits && !isHarmless) return skip('pad-value', node, 'none: the window pads with another value')
    if (isMax && node.outputs[1] !== undefined) return null
    const total = own.map((amount, i) => amount + spatial.pads[i]!)
    // A window must not start in its padding entirely: runtimes refuse pads of a pool as large as its kernel.
    if (!node.is('Conv') && total.some((amount, i) => amount >= kernel![i % kernel!.length]!)) return null
    return (patch) => {
      patch.absorb(node, pad)
      patch.setAttribute(node, 'auto_pad', undefined)
      patch.setAttribute(node, 'pads', attr.ints(total))
      if (isAverage) patch.setAttribute(node, 'count_include_pad', attr.int(1))
      patch.setInput(node, 0, source)
    }
  },
})

/** Whether no element can be below zero, from the operators before; looks through what only moves or selects elements. */
function isNonNegative(value: Value, depth = 0): boolean {
  const node = value.producer
  if (node === undefined || depth > 4) return false
  const traits = contextOf(node)?.resolved.op.traits ?? []
  if (traits.includes('non-negative')) return true
  const [low] = clipBounds(node) ?? [Number.NEGATIVE_INFINITY]
  if (low >= 0) return true
  if (node.is('Pad') || !(traits.includes('movement') || node.is('MaxPool'))) return false
  return node.inputs[0] !== undefined && !node.is('Concat') && isNonNegative(node.inputs[0], depth + 1)
}

/** Amounts on spatial axes (begin..., end...) of a constant-mode Pad that leaves batch and channels alone and cuts nothing. */
function spatialPads(pad: Node): { readonly pads: readonly number[]; readonly value: number } | undefined {
  const found = contextOf(pad)
  if (found === undefined || (found.context.text('mode') ?? 'constant') !== 'constant' || found.resolved.since < 2)
    return undefined
  const { context, resolved } = found
  const hasInputs = resolved.since >= 11
  const amounts = hasInputs ? context.numbers(1) : context.ints('pads')
  if (amounts === undefined || context.hasInput(3)) return undefined
  const rank = amounts.length / 2
  if (rank < 3 || dimsOf(pad.inputs[0]?.type)?.length !== rank) return undefined
  const begin = amounts.slice(0, rank)
  const end = amounts.slice(rank)
  if (begin[0] !== 0 || begin[1] !== 0 || end[0] !== 0 || end[1] !== 0 || amounts.some((amount) => amount < 0))
    return undefined
  const given = hasInputs ? (context.hasInput(2) ? context.constant(2) : null) : null
  if (given === undefined) return undefined
  const value = given === null ? (context.float('value') ?? 0) : (given.numbers()[0] ?? 0)
  return { pads: [...begin.slice(2), ...end.slice(2)], value }
}
