import { describe, expect, test } from 'vitest'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { verifyGraph } from '../../ir/verify.js'
import { Correspondence } from './correspondence.js'
import type { NamedWidthDecision } from './decision.js'
import { type Declined, isDeclined } from './declined.js'
import { applyDepthMultiplier, applyWidth, applyWidths, type WidthChange, type WidthOptions } from './set-width.js'

/** Element i of a weight is i: what was cut can be read off. */
const counted = (g: GraphBuilder, ...dims: number[]): Value =>
  g.constant(
    Tensor.float32(
      Array.from({ length: volume(dims) }, (_, i) => i),
      dims,
    ),
    'w',
  )

/** x [1, 2, 1, 1] -> hidden [1, 4, 1, 1] -> y [1, 3, 1, 1]. */
function twoConvolutions(between: (g: GraphBuilder, hidden: Value) => Value = (_, hidden) => hidden): Model {
  const model = buildModel((g) => {
    const hidden = g.op('Conv', [g.input('x', 'float32', [1, 2, 1, 1]), counted(g, 4, 2, 1, 1), counted(g, 4)])
    hidden.name = 'hidden'
    g.output(g.op('Conv', [between(g, hidden), counted(g, 3, 4, 1, 1)]), 'y')
  })
  inferTypes(model)
  return model
}

const options = (more: Partial<WidthOptions> = {}): WidthOptions => ({ correspondence: new Correspondence(), ...more })
const width = (group: string, size: number): NamedWidthDecision => ({ kind: 'width', group, size })
const ofType = (model: Model, type: string): Node[] => [...model.graph.nodes()].filter((node) => node.is(type))
const numbers = (node: Node, input: number): number[] => Array.from(node.inputs[input]!.tensor!.numbers())

function expectDeclined(result: WidthChange | WidthChange[] | Declined): Declined {
  if (!isDeclined(result)) throw new Error('it was not declined')
  return result
}

describe('a width decision', () => {
  test('keeps the units that matter most, in their order', () => {
    const model = twoConvolutions()
    const correspondence = new Correspondence()
    const scores = () => Float64Array.of(5, 1, 9, 7)
    const change = applyWidth(model, width('hidden', 2), { correspondence, scores })
    expect(change).toMatchObject({ group: 'hidden', before: 4, after: 2, units: Int32Array.of(2, 3) })
    expect(verifyGraph(model)).toEqual([])
    const [first, second] = ofType(model, 'Conv') as [Node, Node]
    expect(numbers(first, 1)).toEqual([4, 5, 6, 7])
    expect(numbers(first, 2)).toEqual([2, 3])
    expect(numbers(second, 1)).toEqual([2, 3, 6, 7, 10, 11])
    const stands = correspondence.of(first.outputs[0]!)!
    expect(stands.original).toBe('hidden')
    expect(stands.positions).toEqual(new Map([[1, Int32Array.of(2, 3)]]))
    // Nothing is left of the old weights.
    expect(model.graph.initializers.size).toBe(3)
  })

  test('by default keeps what contributes most by its weights', () => {
    const model = twoConvolutions()
    expect(applyWidth(model, width('hidden', 3), options())).toMatchObject({ units: Int32Array.of(1, 2, 3) })
  })

  test('splits the best units, their consumers get shares', () => {
    const model = twoConvolutions((g, hidden) => g.op('Exp', [hidden]))
    const scores = () => Float64Array.of(1, 9, 2, 3)
    expect(applyWidth(model, width('hidden', 6), options({ scores }))).toMatchObject({
      units: Int32Array.of(0, 1, 2, 3, 1, 3),
    })
    const [first, second] = ofType(model, 'Conv') as [Node, Node]
    expect(numbers(first, 2)).toEqual([0, 1, 2, 3, 1, 3])
    expect(numbers(second, 1).slice(0, 6)).toEqual([0, 0.5, 2, 1.5, 0.5, 1.5])
  })

  test('pads with zeros at producers and consumers; what divides repeats the last entry', () => {
    const model = twoConvolutions((g, hidden) =>
      g.op('BatchNormalization', [hidden, ...[0, 1, 2, 3].map(() => counted(g, 4))]),
    )
    applyWidth(model, width('hidden', 6), options({ widening: 'zeros' }))
    const [first, second] = ofType(model, 'Conv') as [Node, Node]
    expect(numbers(first, 2)).toEqual([0, 1, 2, 3, 0, 0])
    expect(numbers(second, 1).slice(0, 6)).toEqual([0, 1, 2, 3, 0, 0])
    expect(numbers(ofType(model, 'BatchNormalization')[0]!, 4)).toEqual([0, 1, 2, 3, 3, 3])
  })

  test('copies a weight that others take too, once for those that change alike', () => {
    const model = buildModel((g) => {
      const [x, w, b] = [g.input('x', 'float32', [1, 4, 1, 1]), counted(g, 4, 4, 1, 1), counted(g, 4)]
      const first = g.op('Conv', [x, w, b])
      const second = g.op('Conv', [first, w, b])
      g.output(g.op('Conv', [g.op('Add', [second, g.op('Conv', [first, w, b])]), w]), 'y')
    })
    inferTypes(model)
    applyWidth(model, width('Conv_1', 2), options({ scores: () => Float64Array.of(1, 0, 1, 0) }))
    const convs = ofType(model, 'Conv')
    expect(convs.map((node) => node.inputs[1]!.tensor!.dims)).toEqual([
      [4, 4, 1, 1],
      [2, 4, 1, 1],
      [2, 4, 1, 1],
      [4, 2, 1, 1],
    ])
    expect(convs[1]!.inputs[1]).toBe(convs[2]!.inputs[1])
  })

  test.each<[string, Model, NamedWidthDecision, Partial<WidthOptions>, Partial<Declined>]>([
    ['the output', twoConvolutions(), width('y', 2), {}, { reason: 'pinned-group', place: 'group "y": graph-output' }],
    ['no size', twoConvolutions(), width('hidden', 0), {}, { reason: 'impossible-size' }],
    [
      'a name of nothing',
      twoConvolutions(),
      width('block/hidden', 2),
      {},
      { reason: 'unknown-group', remedy: 'name a value of a group: hidden' },
    ],
    [
      'a value in several groups',
      twoConvolutions((g, hidden) => {
        const parts = g.node('Split', [hidden], { axis: 1 }, 2).outputs
        const joined = g.op('Concat', [parts[1], parts[0]], { axis: 1 })
        joined.name = 'joined'
        return joined
      }),
      width('joined', 2),
      {},
      { reason: 'ambiguous-group', remedy: 'name one of its groups: hidden, hidden#2' },
    ],
    [
      'more units of what is normalised',
      twoConvolutions((g, hidden) => g.op('LRN', [hidden], { size: 3 })),
      width('hidden', 6),
      {},
      { reason: 'normalised-axis' },
    ],
    [
      'zeros that are divided by',
      twoConvolutions((g, hidden) => g.op('Reciprocal', [hidden])),
      width('hidden', 6),
      { widening: 'zeros' },
      { reason: 'not-finite-at-zero', remedy: 'widen by splitting channels' },
    ],
    [
      'a sum without weights',
      twoConvolutions((g, hidden) => g.op('Mul', [hidden, g.op('ReduceSum', [hidden, g.constant(Tensor.int64([1]))])])),
      width('hidden', 6),
      {},
      { reason: 'summed-without-weight' },
    ],
  ])('declines %s', (_, model, decision, more, expected) => {
    const before = model.graph.nodeCount
    expect(expectDeclined(applyWidth(model, decision, options(more)))).toMatchObject(expected)
    expect(model.graph.nodeCount).toBe(before)
  })

  test('all of several, or none', () => {
    const model = twoConvolutions()
    expect(expectDeclined(applyWidths(model, [width('hidden', 2), width('hidden', 3)], options())).reason).toBe(
      'decided-twice',
    )
    expectDeclined(applyWidths(model, [width('hidden', 2), width('y', 2)], options()))
    expect(ofType(model, 'Conv')[0]!.inputs[1]!.tensor!.dims).toEqual([4, 2, 1, 1])
  })
})

describe('a depth multiplier', () => {
  test('is the widths it comes to', () => {
    const model = twoConvolutions()
    const changes = applyDepthMultiplier(model, { kind: 'depth-multiplier', ratio: 0.5, multipleOf: 1 }, options())
    expect(changes).toMatchObject([{ group: 'hidden', before: 4, after: 2 }])
  })

  test('takes the sizes of the target where it names no multiple', () => {
    const curated = { sizes: [3, 8] }
    const changes = applyDepthMultiplier(
      twoConvolutions(),
      { kind: 'depth-multiplier', ratio: 0.5 },
      { ...options(), curated },
    )
    expect(changes).toMatchObject([{ after: 3 }])
  })

  test('declines what is no ratio', () => {
    const none = applyDepthMultiplier(twoConvolutions(), { kind: 'depth-multiplier', ratio: 0 }, options())
    expect(expectDeclined(none).reason).toBe('no-ratio')
  })
})
