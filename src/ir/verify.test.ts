import { expect, it } from 'vitest'
import { buildModel } from './build.js'
import { type Model, Value } from './graph.js'
import { Tensor } from './tensor.js'
import { verifyGraph } from './verify.js'

function model(): Model {
  return buildModel((g) => {
    const x = g.input('x', 'float32', [2])
    const condition = g.input('c', 'bool', [])
    const t = g.op('Add', [x, g.constant(Tensor.float32([1, 2]), 'w')])
    const branch = (name: string) => g.subgraph(name, (inner) => inner.output(inner.op('Abs', [t])))
    g.output(g.op('If', [condition], { then_branch: branch('then'), else_branch: branch('else') }), 'y')
  })
}

it('finds nothing wrong with a sound model', () => {
  expect(verifyGraph(model())).toEqual([])
})

it.each<[string, (broken: Model) => void, RegExp]>([
  ['a use that is not counted', ({ graph }) => graph.inputs[0]!.users.clear(), /"x" counts 0 uses by Add/],
  ['a use that is counted twice', ({ graph }) => graph.inputs[0]!.users.set(graph.first!, 2), /"x" counts 2 uses/],
  ['a use by a node that is gone', ({ graph }) => graph.inputs[1]!.users.set(graph.first!, 1), /"c" counts 1 uses/],
  [
    'output slots that are not counted',
    ({ graph }) => (graph.outputs[0]!.outputSlots = 0),
    /"y" counts 0 output slots/,
  ],
  ['a wrong producer', ({ graph }) => (graph.last!.outputs[0]!.producer = graph.first), /does not know that If/],
  ['a wrong output index', ({ graph }) => (graph.first!.outputs[0]!.outputIndex = 1), /does not know that Add/],
  ['two values of one name', ({ graph }) => (graph.inputs[1]!.name = 'x'), /two values have the name "x"/],
  ['an order key', ({ graph }) => (graph.last!.order = graph.first!.order), /order key/],
  ['a broken link', ({ graph }) => (graph.last!.prev = undefined), /does not know the node before it/],
  ['a wrong count', ({ graph }) => (graph.nodeCount = 5), /counts 5 nodes and has 2/],
  ['a node marked as removed', ({ graph }) => (graph.first!.isLive = false), /marked as removed/],
  ['an ownerless subgraph', ({ graph }) => (graph.last!.subgraph('else_branch')!.owner = undefined), /another owner/],
  [
    'a value that no graph defines',
    ({ graph }) => (graph.first!.inputs[0] = new Value(graph, 'stray')),
    /uses "stray", which is not computed/,
  ],
  [
    'a value used before it is computed',
    ({ graph }) => (graph.first!.inputs[0] = graph.last!.outputs[0]!),
    /Add .* uses "y", which is not computed/,
  ],
  [
    'an outer value as the output of a branch',
    ({ graph }) => (graph.last!.subgraph('then_branch')!.outputs[0] = graph.first!.outputs[0]!),
    /belongs to another graph/,
  ],
  ['an initializer without content', ({ graph }) => ([...graph.initializers][0]!.tensor = undefined), /has no content/],
])('finds %s', (_, damage, problem) => {
  const broken = model()
  damage(broken)
  expect(verifyGraph(broken).join('\n')).toMatch(problem)
})
