import { type Dim, isStatic, unknownDim } from '../dim.js'
import { joinTypes, tensorType, type ValueType } from '../type.js'
import { widenCarried } from './carried.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const ifOp = defineOp({
  type: 'If',
  signatures: {
    1: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir3; B: bool',
    11: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir3; B: bool',
    13: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir3|seq(@ir3); B: bool',
    16: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir4|seq(@ir4)|optional(seq(@ir4))|optional(@ir4); B: bool',
    19: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir9|seq(@ir9)|optional(seq(@ir4))|optional(@ir9); B: bool',
    21: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir10|seq(@ir10)|optional(seq(@ir4))|optional(@ir10); B: bool',
    23: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir11|seq(@ir11)|optional(seq(@ir4))|optional(@ir11); B: bool',
    24: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir12|seq(@ir12)|optional(seq(@ir4))|optional(@ir12); B: bool',
    25: '(cond: B) -> (...~outputs: V) {else_branch!: graph, then_branch!: graph} V: @ir13|seq(@ir13)|optional(seq(@ir4))|optional(@ir13); B: bool',
  },
  traits: ['control-flow'],
  types: (c) => {
    const [thenGraph, elseGraph] = [c.graph('then_branch'), c.graph('else_branch')]
    if (thenGraph === undefined || elseGraph === undefined) return []
    const condition = c.numbers(0)?.[0]
    const whenTrue = c.inferSubgraph(thenGraph, [])
    const whenFalse = c.inferSubgraph(elseGraph, [])
    if (condition !== undefined) return condition !== 0 ? whenTrue : whenFalse
    return whenTrue.map((type, i) => joinTypes(type, whenFalse[i]))
  },
})

export const loop = defineOp({
  type: 'Loop',
  signatures: {
    1: '(M?: I, cond?: B, ...~v_initial: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir3; I: int64; B: bool',
    11: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir3; I: int64; B: bool',
    13: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir3|seq(@ir3); I: int64; B: bool',
    16: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir4|seq(@ir4)|optional(seq(@ir4))|optional(@ir4); I: int64; B: bool',
    19: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir9|seq(@ir9)|optional(seq(@ir4))|optional(@ir9); I: int64; B: bool',
    21: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir10|seq(@ir10)|optional(seq(@ir4))|optional(@ir10); I: int64; B: bool',
    23: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir11|seq(@ir11)|optional(seq(@ir4))|optional(@ir11); I: int64; B: bool',
    24: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir12|seq(@ir12)|optional(seq(@ir4))|optional(@ir12); I: int64; B: bool',
    25: '(M?: I, cond?: B, ...~v_initial?: V) -> (...~v_final_and_scan_outputs: V) {body!: graph} V: @ir13|seq(@ir13)|optional(seq(@ir4))|optional(@ir13); I: int64; B: bool',
  },
  traits: ['control-flow'],
  types: (c) => {
    const body = c.graph('body')
    if (body === undefined) return []
    const carriedCount = c.inputCount - 2
    const initial = Array.from({ length: carriedCount }, (_, i) => c.type(i + 2))
    let results: readonly (ValueType | undefined)[] = []
    const carried = widenCarried(initial, (types) => {
      results = c.inferSubgraph(body, [tensorType('int64', []), tensorType('bool', []), ...types])
      return results.slice(1, 1 + carriedCount)
    })
    const trips = tripCount(c)
    const scans = results.slice(1 + carriedCount).map((type) => stacked(type, trips, 0))
    return [...carried, ...scans]
  },
})

export const scan = defineOp({
  type: 'Scan',
  signatures: {
    8: '(sequence_lens?: I, ...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, directions: ints, num_scan_inputs!: int} I: int64; V: @ir3',
    9: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir3',
    11: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir3',
    16: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir4',
    19: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir9',
    21: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir10',
    23: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir11',
    24: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir12',
    25: '(...~initial_state_and_scan_inputs: V) -> (...~final_state_and_scan_outputs: V) {body!: graph, num_scan_inputs!: int, scan_input_axes: ints, scan_input_directions: ints, scan_output_axes: ints, scan_output_directions: ints} V: @ir13',
  },
  traits: ['control-flow'],
  types: (c) => (c.since === 8 ? [] : scanTypes(c)),
})

export const controlFlowOps = [ifOp, loop, scan]

/** Iterations of a Loop with a constant count and a condition that is never computed; otherwise anything. */
function tripCount(c: OpContext): Dim {
  const limit = c.content(0)?.[0]
  const body = c.graph('body')
  const condition = body?.outputs[0]
  // The condition that goes in comes out: the loop runs its full count.
  const passesThrough = condition?.producer?.is('Identity') === true && condition.producer.inputs[0] === body?.inputs[1]
  const startsTrue = !c.hasInput(1) || c.numbers(1)?.[0] === 1
  if (limit === undefined || !passesThrough || !startsTrue) return unknownDim()
  return isStatic(limit) ? Math.max(0, limit) : limit
}

function stacked(type: ValueType | undefined, count: Dim, axis: number): ValueType | undefined {
  if (type?.kind !== 'tensor') return undefined
  if (type.dims === undefined) return tensorType(type.dtype)
  const at = axis < 0 ? axis + type.dims.length + 1 : axis
  return tensorType(type.dtype, [...type.dims.slice(0, at), count, ...type.dims.slice(at)])
}

/** Scan 9 and later: states, then sequences that are cut along an axis each. Source: ONNX Scan, opsets 9 to 25. */
function scanTypes(c: OpContext): readonly (ValueType | undefined)[] {
  const body = c.graph('body')
  const scanCount = c.int('num_scan_inputs')
  if (body === undefined || scanCount === undefined) return []
  const stateCount = c.inputCount - scanCount
  const inputAxes = c.ints('scan_input_axes')
  let length: Dim = unknownDim()
  const slices = Array.from({ length: scanCount }, (_, i): ValueType | undefined => {
    const type = c.type(stateCount + i)
    if (type?.kind !== 'tensor' || type.dims === undefined)
      return type?.kind === 'tensor' ? tensorType(type.dtype) : undefined
    const axis = c.axis(inputAxes?.[i] ?? 0, type.dims.length)
    const size = type.dims[axis]!
    if (!isStatic(length)) length = size
    return tensorType(
      type.dtype,
      type.dims.filter((_, at) => at !== axis),
    )
  })
  let results: readonly (ValueType | undefined)[] = []
  const states = widenCarried(
    Array.from({ length: stateCount }, (_, i) => c.type(i)),
    (types) => {
      results = c.inferSubgraph(body, [...types, ...slices])
      return results.slice(0, stateCount)
    },
  )
  const outputAxes = c.ints('scan_output_axes')
  return [...states, ...results.slice(stateCount).map((type, i) => stacked(type, length, outputAxes?.[i] ?? 0))]
}
