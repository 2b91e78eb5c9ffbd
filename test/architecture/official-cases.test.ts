import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { modelFromBytes } from '../../src/import/read-model.js'
import { type Graph, type Model, Value } from '../../src/ir/graph.js'
import { inferTypes } from '../../src/ir/infer.js'
import { attr, Patch } from '../../src/ir/patch.js'
import { Tensor, volume } from '../../src/ir/tensor.js'
import { dimsOf, dtypeOf, tensorType } from '../../src/ir/type.js'
import { declineWidening, moreUnits, type Widening } from '../../src/passes/architecture/widening.js'
import { freeGroups } from '../../src/passes/architecture/widths.js'
import { SeededRandom } from '../../src/runtime/random.js'
import { caseData } from '../conformance/case-data.js'
import { useRuntime } from '../passes/equivalence.js'
import { describeWithShared } from '../shared-assets.js'
import { type Choice, expectPruneIsMask, expectSameFunction } from './prune-is-mask.js'
import { run } from './run-model.js'

/**
 * Every official case with its operator's axes set free: float inputs become a graph input of one number times a constant, all
 * others constants, and outputs are summed with weights. What the operator's declaration then allows to cut has to be
 * masking, for every operator that declares axes. ONNX_TAILOR_CASES=regexp runs some cases.
 */
describeWithShared('official cases', (assets) => {
  const filter = new RegExp(process.env['ONNX_TAILOR_CASES'] ?? '')
  const holder = useRuntime()
  const cases = assets
    .conformanceCases()
    .filter(({ name, result }) => result.status === 'pass' && !name.startsWith('light/') && filter.test(name))

  test.each([
    ['allow to cut is masking', half, expectPruneIsMask, 90],
    ['allow to pad leaves the function alone', wider('zeros'), expectSameFunction, 65],
    ['allow to split leaves the function alone', wider('split'), expectSameFunction, 80],
  ] as const)(
    'what declarations %s',
    async (_, choose, expectIt, least) => {
      const wrong: string[] = []
      const operators = new Set<string>()
      for (const each of cases) {
        const bytes = readFileSync(each.model)
        const [data] = caseData(each, modelFromBytes(bytes))
        const fresh = async () => setFree(modelFromBytes(bytes), data!.feeds, data!.expected ?? new Map())
        const probe = data === undefined ? undefined : await fresh()
        if (probe === undefined || !(await runs(probe))) continue
        try {
          const changed = await expectIt(holder.runtime, fresh as () => Promise<Model>, choose)
          if (changed.length > 0) for (const { opType } of modelFromBytes(bytes).graph.nodes()) operators.add(opType)
        } catch (error) {
          wrong.push(`${each.name}: ${(error as Error).message}`)
        }
      }
      expect(wrong).toEqual([])
      if (process.env['ONNX_TAILOR_CASES'] === undefined) expect(operators.size).toBeGreaterThan(least)
    },
    600_000,
  )

  async function runs(model: Model): Promise<boolean> {
    try {
      await run(holder.runtime, model, new Map([[model.graph.inputs[0]!.name, Tensor.float32([1], [])]]))
      return true
    } catch {
      return false
    }
  }
})

/** Every other unit of every group. */
const half: Choice = (groups) =>
  new Map(
    freeGroups(groups).map((group) => [
      group,
      { units: Int32Array.from({ length: Math.ceil(group.units / 2) }, (_, i) => 2 * i) },
    ]),
  )

/** Three units more in every group that can be widened. */
const wider =
  (widening: Widening): Choice =>
  (groups) =>
    new Map(
      freeGroups(groups)
        .filter((group) => declineWidening(group, widening) === undefined)
        .map((group) => [group, moreUnits(group.units, group.units + 3, widening)]),
    )

/** undefined: an input or output is no tensor, or the opset is older than Einsum. */
function setFree(
  model: Model,
  feeds: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): Model | undefined {
  const { graph } = model
  const patch = new Patch(model)
  if ((model.opsets.get('') ?? 0) < 12 || graph.first === undefined) return undefined
  model.irVersion = Math.max(model.irVersion, 4)
  const given = graph.inputs.filter((input) => input.tensor === undefined)
  if (given.some(({ name, type }) => feeds.get(name) === undefined || type?.kind !== 'tensor')) return undefined
  const one = scalarInput(graph)
  for (const input of given) {
    const tensor = feeds.get(input.name)!
    input.tensor = tensor
    input.isInput = false
    if (graph.inputs.includes(input)) graph.inputs.splice(graph.inputs.indexOf(input), 1)
    graph.initializers.add(input)
    if (tensor.dtype !== 'float32' || tensor.rank === 0) continue
    const users = [...input.users.keys()]
    const product = patch.insertBefore(graph.first!, {
      opType: 'Mul',
      inputs: [one, input],
      name: `${input.name}_free`,
      from: [],
    })
    for (const user of users)
      for (const [i, value] of user.inputs.entries()) if (value === input) patch.setInput(user, i, product.outputs[0])
  }
  inferTypes(model)
  for (const output of [...graph.outputs]) if (!sum(patch, model, output, expected.get(output.name))) return undefined
  inferTypes(model)
  return model
}

/** A graph input of one number. */
function scalarInput(graph: Graph): Value {
  const value = new Value(graph, graph.model.freshName('one'))
  value.isInput = true
  value.type = tensorType('float32', [])
  value.claim = value.type
  graph.inputs.unshift(value)
  return value
}

/** Replaces an output by its sum with weights. */
function sum(patch: Patch, model: Model, output: Value, tensor: Tensor | undefined): boolean {
  const { graph } = model
  const dims = dimsOf(output.type)
  const isStatic = dims?.every((dim) => typeof dim === 'number')
  if (tensor === undefined || !isStatic || dims!.join() !== tensor.dims.join() || dtypeOf(output.type) === 'string')
    return false
  const random = new SeededRandom(9)
  const weights = Tensor.float32(
    Array.from({ length: volume(tensor.dims) }, () => random.uniform() - 0.3),
    tensor.dims,
  )
  const asFloat = patch.append(graph, {
    opType: 'Cast',
    inputs: [output],
    attributes: { to: attr.int(1) },
    name: 'float',
    from: [],
  })
  const letters = 'abcdefghijkl'.slice(0, tensor.rank)
  const total = patch.append(graph, {
    opType: 'Einsum',
    inputs: [asFloat.outputs[0], patch.constant(graph, weights, 'weights')],
    attributes: { equation: attr.text(`${letters},${letters}->`) },
    name: 'total',
    from: [],
  })
  graph.outputs.splice(graph.outputs.indexOf(output), 1)
  output.outputSlots -= 1
  patch.appendOutput(graph, total.outputs[0]!)
  total.outputs[0]!.claim = tensorType('float32', [])
  return true
}
