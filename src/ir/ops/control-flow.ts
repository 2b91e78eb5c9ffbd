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
})

export const controlFlowOps = [ifOp, loop, scan]
