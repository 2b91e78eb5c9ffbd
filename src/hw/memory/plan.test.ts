import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { type Kernel, planKernels } from '../kernels.js'
import { loadTarget } from '../target.js'
import { peakOf } from './peak.js'
import { type MemoryPlan, planMemory } from './plan.js'

const target = loadTarget('neural-engine')

function kernelsOf(model: Model): readonly Kernel[] {
  expect(inferTypes(model)).toEqual([])
  return planKernels(model, target).kernels
}

const planOf = (build: (g: GraphBuilder) => void): MemoryPlan => planMemory(kernelsOf(buildModel(build)))

/** n elements, a byte each on this target. */
const vector = (g: GraphBuilder, name: string, n: number): Value => g.input(name, 'float32', [1, n])

describe('memory plans, by hand', () => {
  test.each<[string, (g: GraphBuilder) => void, number]>([
    [
      'one node that is not elementwise: input and output',
      (g) => g.output(g.op('Softmax', [vector(g, 'x', 100)])),
      200,
    ],
    ['an elementwise node writes over its input', (g) => g.output(g.op('Sigmoid', [vector(g, 'x', 100)])), 100],
    [
      'but not over a result of the model',
      (g) => {
        const y = g.op('Softmax', [vector(g, 'x', 100)])
        g.output(y, 'y')
        g.output(g.op('Sigmoid', [y]), 'z')
      },
      200,
    ],
    [
      'a view has no memory of its own and keeps its source alive',
      (g) => {
        const x = vector(g, 'x', 100)
        const y = g.op('Reshape', [x, g.constant(Tensor.int64([10, 10]))])
        g.output(g.op('Softmax', [g.op('Softmax', [y])]))
      },
      200,
    ],
    [
      'an operand that is broadcast is too small to be written over',
      (g) => g.output(g.op('Add', [vector(g, 'x', 100), g.op('Softmax', [vector(g, 'y', 1)])])),
      // x and y; x, y and one byte more; the sum goes over x.
      102,
    ],
  ])('%s', (_, build, peak) => {
    const plan = planOf(build)
    expect(plan.peakBytes).toBe(peak)
    expect(plan.lowerBoundBytes).toBe(peak)
    expect(plan.arenaBytes).toBe(peak)
  })

  test('an operand that is read again is not written over; another order makes its last reader the one that may', () => {
    const kernels = kernelsOf(
      buildModel((g) => {
        const x = vector(g, 'x', 100)
        const y = g.op('Sigmoid', [x])
        g.output(g.op('Add', [y, g.op('Softmax', [x])]))
      }),
    )
    // As given: x, its Sigmoid and its Softmax.
    expect(planMemory(kernels, { orderSteps: 0 }).peakBytes).toBe(300)
    // Softmax first: the Sigmoid goes over x.
    expect(planMemory(kernels)).toMatchObject({
      peakBytes: 200,
      lowerBoundBytes: 200,
      givenPeakBytes: 300,
      isReordered: true,
    })
  })

  test('an If: the result of the branch that runs is the result; what it captures stays until its end', () => {
    const plan = planOf((g) => {
      const x = vector(g, 'x', 100)
      const small = (inner: GraphBuilder) => inner.output(inner.op('Sigmoid', [x]))
      const large = (inner: GraphBuilder) => inner.output(inner.op('Softmax', [inner.op('Softmax', [x])]))
      const y = g.op('If', [g.input('c', 'bool', [])], {
        then_branch: g.subgraph('small', small),
        else_branch: g.subgraph('large', large),
      })
      g.output(g.op('Sigmoid', [y]), 'z')
    })
    // Neither branch has MACs or weights: the first is planned. x and its Sigmoid, which may not go over what is captured;
    // the last Sigmoid goes over the branch's result.
    expect(plan.order).toHaveLength(2)
    expect(plan.peakBytes).toBe(200)
  })

  test('a Loop: state, what the body computes, what it reads each time, and the rows it stacks', () => {
    const plan = planOf((g) => {
      const x = vector(g, 'x', 100)
      const body = g.subgraph('body', (inner) => {
        inner.input('i', 'int64', [])
        const condition = inner.input('c', 'bool', [])
        const state = inner.input('s', 'float32', [1, 100])
        const next = inner.op('Softmax', [inner.op('Add', [state, x])])
        inner.output(inner.op('Identity', [condition]))
        inner.output(next)
        inner.output(inner.op('Sigmoid', [next]))
      })
      const loop = g.node('Loop', [g.constant(Tensor.int64([4], [])), undefined, x], { body }, 2)
      g.output(loop.outputs[0]!, 'last')
      g.output(loop.outputs[1]!, 'rows')
    })
    // x (also the first state), the state, which the Add writes over, its Softmax, a row and 4 rows.
    expect(plan.peakBytes).toBe(100 + 100 + 100 + 400)
    expect(plan.arenaBytes).toBe(plan.peakBytes)
  })

  test('copies into another layout, and the call of a branch, make nothing of their own', () => {
    const model = buildModel((g) => {
      const x = vector(g, 'x', 100)
      const branch = (inner: GraphBuilder) => inner.output(inner.op('Softmax', [x]))
      g.output(
        g.op('If', [g.input('c', 'bool', [])], {
          then_branch: g.subgraph('a', branch),
          else_branch: g.subgraph('b', branch),
        }),
      )
    })
    inferTypes(model)
    const { kernels } = planKernels(model, { ...target, fusion: { freeAfterArray: [], dispatch: 'every-node' } })
    expect(kernels.map(({ nodes }) => nodes[0]!.opType)).toEqual(['If', 'Softmax'])
    const copy = { ...kernels[1]!, nodes: [], outputs: kernels[1]!.inputs }
    const plan = planMemory([kernels[0]!, copy, kernels[1]!])
    expect(plan.order).toEqual([2])
    expect(plan.peakBytes).toBe(200)
  })

  test('what the target drops passes its operand through', () => {
    const model = buildModel((g) => {
      const x = vector(g, 'x', 100)
      g.output(g.op('Softmax', [g.op('Dropout', [g.op('Softmax', [x])])]))
    })
    inferTypes(model)
    const fusion = { freeAfterArray: [], dispatch: 'every-node' as const, drops: ['Dropout'] }
    const { kernels } = planKernels(model, { ...target, fusion })
    expect(kernels).toHaveLength(2)
    expect(planMemory(kernels).buffers).toHaveLength(3)
    expect(planMemory(kernels).peakBytes).toBe(200)
  })

  test('a fused addition waits for its other operand, wherever that comes in the file', () => {
    const residual = { ...target, fusion: { freeAfterArray: ['residual-add' as const] } }
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 8, 4, 4])
      const conv = (from: Value) =>
        g.op('Conv', [from, g.constant(Tensor.float32(new Array(64).fill(1), [8, 8, 1, 1]))])
      const early = conv(x)
      g.output(g.op('Add', [early, g.op('Softmax', [conv(x)])]))
    })
    expect(inferTypes(model)).toEqual([])
    const { kernels } = planKernels(model, residual)
    expect(kernels.map(({ nodes }) => nodes.map(({ opType }) => opType).join('+'))).toEqual([
      'Conv+Add',
      'Conv',
      'Softmax',
    ])
    const plan = planMemory(kernels)
    expect(plan.order).toEqual([1, 2, 0])
    // x, the second convolution and its Softmax; the addition goes over the Softmax, not over what the first convolution reads.
    expect(plan.peakBytes).toBe(3 * 128)
  })

  test('sizes are rounded up where the target wants them aligned', () => {
    const kernels = kernelsOf(buildModel((g) => g.output(g.op('Softmax', [vector(g, 'x', 100)]))))
    const plan = planMemory(kernels, { alignBytes: 16 })
    expect(plan.peakBytes).toBe(224)
    for (const { offset } of plan.buffers) expect(offset % 16).toBe(0)
  })

  test('no kernels, no memory', () => {
    expect(planMemory([])).toMatchObject({ peakBytes: 0, lowerBoundBytes: 0, arenaBytes: 0, peakStep: -1, order: [] })
  })
})

/** What each node of a model does, and which values it reads, modulo those there are. */
const nodeLists = fc.array(
  fc.tuple(fc.constantFrom('Sigmoid', 'Softmax', 'Add', 'Concat', 'Reshape', 'Slice'), fc.nat(30), fc.nat(30)),
  { minLength: 1, maxLength: 25 },
)

const widthOf = (value: Value): number => (value.type?.kind === 'tensor' ? (value.type.dims![1] as number) : 0)

/** A model of rows [1, n]; what nobody reads is a result. */
const modelOf = (nodes: readonly [string, number, number][]): Model =>
  buildModel((g) => {
    const values = [vector(g, 'x', 12), vector(g, 'y', 12)]
    for (const [opType, a, b] of nodes) {
      const x = values[a % values.length]!
      const partners = opType === 'Add' ? values.filter((value) => widthOf(value) === widthOf(x)) : values
      const y = partners[b % partners.length]!
      const constants = (...numbers: number[]) => numbers.map((n) => g.constant(Tensor.int64([n])))
      if (opType === 'Concat') values.push(g.op('Concat', [x, y], { axis: 1 }))
      else if (opType === 'Add') values.push(g.op('Add', [x, y]))
      else if (opType === 'Reshape') values.push(g.op('Reshape', [x, g.constant(Tensor.int64([1, -1]))]))
      else if (opType === 'Slice') values.push(g.op('Slice', [x, ...constants(0, Math.max(1, widthOf(x) >> 1), 1)]))
      else values.push(g.op(opType, [x]))
    }
    for (const value of values) if (!value.isUsed && !value.isInput) g.output(value)
  })

/** Follows reshapes: their buffer is that of their source. */
const ownerOf = (value: Value): Value => (value.producer?.is('Reshape') ? ownerOf(value.producer.inputs[0]!) : value)

describe('memory plans of random models', () => {
  // neural-engine runs what moves or computes; cpu runs every node and fuses by rules.
  test.each(['neural-engine', 'cpu'])(
    '%s: run in planned order, kernels find their operands intact, and the results are there at the end',
    (name) => {
      fc.assert(
        fc.property(nodeLists, (nodes) => {
          const model = modelOf(nodes)
          inferTypes(model)
          const { kernels } = planKernels(model, loadTarget(name))
          const plan = planMemory(kernels)
          const bufferOf = new Map(plan.buffers.map((buffer) => [buffer.value, buffer]))
          const owner = new Array<Value | undefined>(plan.arenaBytes).fill(undefined)
          const write = (value: Value) => {
            const { offset, bytes } = bufferOf.get(ownerOf(value))!
            owner.fill(ownerOf(value), offset, offset + bytes)
          }
          const expectIntact = (value: Value) => {
            const { offset, bytes } = bufferOf.get(ownerOf(value))!
            expect(owner.slice(offset, offset + bytes).every((each) => each === ownerOf(value))).toBe(true)
          }
          for (const input of model.graph.inputs) if (bufferOf.has(input)) write(input)
          for (const kernel of plan.order) {
            for (const { value } of kernels[kernel]!.inputs) expectIntact(value)
            for (const { value } of kernels[kernel]!.outputs) write(value)
          }
          for (const output of model.graph.outputs) if (bufferOf.has(ownerOf(output))) expectIntact(output)
          expect(new Set(plan.order).size).toBe(kernels.length)
        }),
        { numRuns: 300 },
      )
    },
  )

  test('bound <= peak <= given peak, peak <= arena; the sweep gives the peak, also for other sizes', () => {
    fc.assert(
      fc.property(nodeLists, fc.integer({ min: 2, max: 9 }), (nodes, factor) => {
        const plan = planMemory(kernelsOf(modelOf(nodes)))
        expect(plan.lowerBoundBytes).toBeLessThanOrEqual(plan.peakBytes)
        expect(plan.peakBytes).toBeLessThanOrEqual(plan.givenPeakBytes)
        expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.peakBytes)
        const sizes = Float64Array.from(plan.buffers, ({ bytes }) => bytes)
        expect(peakOf(plan, sizes)).toBe(plan.peakBytes)
        expect(
          peakOf(
            plan,
            sizes.map((bytes) => bytes * factor),
          ),
        ).toBe(plan.peakBytes * factor)
      }),
      { numRuns: 200 },
    )
  })
})
