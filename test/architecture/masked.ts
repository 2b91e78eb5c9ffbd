import { constantOf } from '../../src/ir/constant.js'
import type { DType } from '../../src/ir/dtype.js'
import type { Value } from '../../src/ir/graph.js'
import { contextOf, inferTypes } from '../../src/ir/infer.js'
import { Patch } from '../../src/ir/patch.js'
import { Tensor } from '../../src/ir/tensor.js'
import { dtypeOf } from '../../src/ir/type.js'
import type { AxisForm, Run } from '../../src/passes/architecture/axis-form.js'
import type { ChannelGroup } from '../../src/passes/architecture/channel-groups.js'
import { positionsOf } from '../../src/passes/architecture/positions.js'
import { fromDoubles, isWritable, scaleAlong, toDoubles } from '../../src/passes/weights.js'

/**
 * Multiplies every value of groups by 0 wherever a unit is not among those kept (and by 1 elsewhere): what cutting these units
 * has to be equal to. Recurrent operators keep a state that is no value of the graph: there the weights are masked as well.
 * Changes the model that the groups were found in.
 */
export function mask(kept: ReadonlyMap<ChannelGroup, Int32Array>): void {
  const [first] = kept.keys()
  if (first === undefined) return
  const { table } = first
  const patch = new Patch(table.model)
  const units = new Map<Run, Int32Array>([...kept].map(([group, list]) => [group.run, list]))
  const done = new Set<string>()
  for (const group of kept.keys()) {
    for (const { value, axis, role, node, input } of group.members) {
      if (role === 'activation') {
        const form = table.of(value)![axis]!
        const key = `${value.name} ${axis}`
        if (!done.has(key)) maskActivation(patch, value, axis, form, units)
        done.add(key)
      } else if (node !== undefined && contextOf(node)?.resolved.op.traits.includes('recurrent')) {
        const tensor = constantOf(node.inputs[input!])
        const form = (table.ofInput(node, input!) ?? table.of(value))![axis]!
        if (tensor === undefined) maskActivation(patch, value, axis, form, units)
        else if (isWritable(tensor.dtype)) patch.setConstant(node, input!, maskedAlong(tensor, axis, form, units))
      }
    }
  }
  inferTypes(table.model)
}

/** By Where, since 0 times infinity is no 0; float16 (and Where before opset 9) by Mul. */
const selectable: readonly (DType | undefined)[] = ['float32', 'float64', 'int32', 'int64']
const multipliable: readonly (DType | undefined)[] = ['float16', 'float32', 'float64']

function maskActivation(
  patch: Patch,
  value: Value,
  axis: number,
  form: AxisForm,
  units: ReadonlyMap<Run, Int32Array>,
): void {
  const dtype = dtypeOf(value.type)
  const rank = value.type?.kind === 'tensor' ? value.type.dims?.length : undefined
  // Quantized and boolean values lie between float ones that are masked.
  const canSelect = selectable.includes(dtype) && patch.canUse(value.graph, 'Where', 9)
  if (rank === undefined || value.producer === undefined || !(canSelect || multipliable.includes(dtype))) return
  const list = zeroOne(form, units)
  const dims = Array.from({ length: rank }, (_, i) => (i === axis ? list.length : 1))
  const constant = (tensor: Tensor) => patch.constant(value.graph, tensor, 'mask')
  const users = [...value.users.keys()]
  const node = patch.insertAfter(value.producer, {
    opType: canSelect ? 'Where' : 'Mul',
    inputs: canSelect
      ? [constant(Tensor.bool(Array.from(list, Boolean), dims)), value, constant(zero(dtype!))]
      : [value, constant(fromDoubles(dtype!, dims, list))],
    name: `${value.name}_masked`,
    from: [value.producer],
  })
  for (const user of users)
    for (const [i, taken] of user.inputs.entries()) if (taken === value) patch.setInput(user, i, node.outputs[0])
}

/** 1 at the positions that stay, 0 at the others. */
function zeroOne(form: AxisForm, units: ReadonlyMap<Run, Int32Array>): Float64Array {
  const kept = positionsOf(form, units)
  const whole = positionsOf(form, new Map())
  if (kept === undefined || whole === undefined) throw new Error('a masked axis has symbolic sizes')
  const list = new Float64Array(whole.length)
  for (const at of kept) list[at] = 1
  return list
}

function zero(dtype: DType): Tensor {
  if (dtype === 'int32') return Tensor.fromArray(dtype, [], Int32Array.of(0))
  return dtype === 'int64' ? Tensor.int64([0], []) : fromDoubles(dtype, [], Float64Array.of(0))
}

function maskedAlong(tensor: Tensor, axis: number, form: AxisForm, units: ReadonlyMap<Run, Int32Array>): Tensor {
  return fromDoubles(tensor.dtype, tensor.dims, scaleAlong(toDoubles(tensor)!, tensor.dims, axis, zeroOne(form, units)))
}
