import { expect } from 'vitest'
import { constantOf } from '../../src/ir/constant.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { contextOf } from '../../src/ir/infer.js'
import { Patch } from '../../src/ir/patch.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { dtypeOf } from '../../src/ir/type.js'
import type { Correspondence } from '../../src/passes/architecture/correspondence.js'
import { selectAlong } from '../../src/passes/weights.js'
import { compareTensors, roundingTolerance } from '../../src/runtime/compare.js'

/** Makes float32 values that nodes of the main graph compute outputs of the model. */
export function exposeActivations(model: Model): void {
  const patch = new Patch(model)
  for (const value of activations(model)) {
    if (value.isGraphOutput) continue
    value.claim = value.type
    patch.appendOutput(model.graph, value)
  }
}

function activations(model: Model): Value[] {
  return [...model.graph.nodes()].flatMap(({ outputs }) =>
    outputs.filter(
      (value) => value !== undefined && dtypeOf(value.type) === 'float32' && constantOf(value) === undefined,
    ),
  ) as Value[]
}

/** Values that a quantizer rounded before: there the last bit of a sum can become a whole step. */
function behindQuantizers(model: Model): Set<Value> {
  const stepped = new Set<Value>()
  for (const node of model.graph.nodes()) {
    const isQuantizer = contextOf(node)?.resolved.op.traits.includes('quantization') === true
    const isStepped = node.inputs.some((value) => value !== undefined && stepped.has(value))
    const isActivation = node.inputs.some((value) => value !== undefined && constantOf(value) === undefined)
    if (!isStepped && !(isQuantizer && isActivation)) continue
    for (const output of node.outputs) if (output !== undefined) stepped.add(output)
  }
  return stepped
}

/** Every value is what the correspondence says: the values of its original at the positions it names. */
export function expectCorrespondence(
  changed: Model,
  correspondence: Correspondence,
  reference: ReadonlyMap<string, Tensor>,
  actual: ReadonlyMap<string, Tensor>,
): void {
  const stepped = behindQuantizers(changed)
  for (const value of activations(changed)) {
    if (stepped.has(value)) continue
    const counterpart = correspondence.of(value)
    if (counterpart === undefined) continue
    let [expected, found] = [reference.get(counterpart.original), actual.get(value.name)]
    if (expected === undefined || found === undefined) throw new Error(`"${value.name}" stands for nothing`)
    for (const [axis, positions] of counterpart.positions) {
      expected = selectAlong(
        expected,
        axis,
        positions.filter((at) => at >= 0),
      )
      found = selectAlong(
        found,
        axis,
        Int32Array.from(positions.keys()).filter((i) => positions[i]! >= 0),
      )
    }
    const comparison = compareTensors(value.name, expected, found, roundingTolerance)
    expect(comparison.agrees, `"${value.name}" and what it stands for: ${comparison.reason}`).toBe(true)
  }
}
