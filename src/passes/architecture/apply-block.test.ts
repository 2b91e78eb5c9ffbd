import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ActivationForm,
  type BottleneckOptions,
  bottleneck,
  bottleneckModel,
} from '../../../test/architecture/bottleneck.js'
import { type Alternative, changedBlock, rewrittenBlock } from '../../../test/architecture/changed-block.js'
import { firstRun, run } from '../../../test/architecture/run-model.js'
import { useRuntime } from '../../../test/passes/equivalence.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { attr, Patch } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'
import { applyBlock } from './apply-block.js'
import { nodesOf } from './block.js'
import { Correspondence } from './correspondence.js'
import { isDeclined } from './declined.js'
import { findBlocks } from './find-blocks.js'
import type { Rewritten } from './rewritten.js'

const holder = useRuntime()

function why(model: Model, alternative: Alternative): string {
  const { result, after } = changedBlock(model, alternative)
  expect([...after.allNodes()].map(({ opType }) => opType)).toEqual([...model.allNodes()].map(({ opType }) => opType))
  return isDeclined(result) ? result.reason : 'not declined'
}

const opTypes = (model: Model) => [...model.allNodes()].map(({ opType }) => opType)

/** Largest difference of the outputs, over all positions or away from the border. */
async function difference(before: Model, after: Model, border = 0): Promise<number> {
  inferTypes(before)
  const { feeds, results } = await firstRun(holder.runtime, before)
  const actual = (await run(holder.runtime, after, feeds)).get('y')!
  const expected = results.get('y')!
  expect(actual.dims).toEqual(expected.dims)
  const [height, width] = expected.dims.slice(2) as [number, number]
  const [a, b] = [expected.numbers(), actual.numbers()]
  const isInside = (at: number, size: number) => at >= border && at < size - border
  let most = 0
  for (let i = 0; i < a.length; i++) {
    if (isInside(i % width, width) && isInside(Math.floor(i / width) % height, height))
      most = Math.max(most, Math.abs(a[i]! - b[i]!))
  }
  return most
}

const tolerance = 1e-4
const small: BottleneckOptions = { in: 4, middle: 12, out: 6, activation: 'none' }

describe('alternatives without an activation in between are the same function', () => {
  test.each<[Alternative['alternative'], Partial<BottleneckOptions>]>([
    ['fused', { expandBias: false }],
    ['fused', { pad: 0 }],
    ['fused', { pad: 0, stride: 2, kernel: 5, batchNormalization: true, squeezeExcite: 'after activation' }],
    ['fused', { expandBias: false, batchNormalization: true, dilation: 2, pad: 2, residual: true, out: 4 }],
    ['merged', { expandBias: false }],
    ['merged', { pad: 0, batchNormalization: true }],
    ['joined', {}],
    ['joined', { expand: false, in: 12, batchNormalization: true }],
    ['standard', { activation: 'Relu6' }],
    ['standard', { activation: 'HardSwish written out', batchNormalization: true, squeezeExcite: 'before activation' }],
    ['standard', { expand: false, project: false, in: 12, out: 12, residual: true }],
  ])('%s, %o', async (alternative, options) => {
    const before = bottleneckModel({ ...small, ...options })
    const { after, result } = rewrittenBlock(before, { alternative })
    expect(result.kind).toBe('rounding')
    expect(await difference(before, after)).toBeLessThan(tolerance)
  })

  test('over random blocks', async () => {
    const options = fc.record({
      in: fc.integer({ min: 2, max: 6 }),
      middle: fc.integer({ min: 6, max: 12 }),
      out: fc.integer({ min: 1, max: 6 }),
      size: fc.integer({ min: 9, max: 12 }),
      kernel: fc.constantFrom(2, 3, 5),
      stride: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pad: fc.integer({ min: 0, max: 2 }),
      batchNormalization: fc.boolean(),
      seed: fc.integer({ min: 1, max: 999 }),
    })
    const alternative = fc.constantFrom('fused', 'merged', 'joined', 'standard' as const)
    await fc.assert(
      fc.asyncProperty(options, alternative, async (block, chosen) => {
        const before = bottleneckModel({ ...block, activation: 'none', expandBias: block.pad === 0 })
        const { after, result } = rewrittenBlock(before, { alternative: chosen })
        expect(result.kind).toBe('rounding')
        expect(await difference(before, after)).toBeLessThan(tolerance)
      }),
      { numRuns: 40, seed: 11 },
    )
  })
})

describe('what is lossy is the same where nothing is lost', () => {
  // Far enough from the bends that an activation is the identity, without padding.
  test.each<[ActivationForm, BottleneckOptions['biases']]>([
    ['Relu', [4, 5]],
    ['Relu6', [2.8, 3.2]],
    ['HardSwish', [4, 5]],
    ['HardSwish written out', [4, 5]],
    ['PRelu', [4, 5]],
  ])('%s on numbers above its bend', async (activation, biases) => {
    const before = bottleneckModel({ ...small, activation, biases: biases!, weights: 0.05, pad: 0 })
    const { after, result } = rewrittenBlock(before, { alternative: 'fused' })
    expect(result.kind).toBe('lossy')
    expect(result.why).toMatch(/^drops the activation/)
    expect(await difference(before, after)).toBeLessThan(tolerance)
  })

  test.each(['fused', 'merged'] as const)(
    '%s with an expand bias under padding is off at the border only',
    async (alternative) => {
      const before = bottleneckModel(small)
      const { after, result } = rewrittenBlock(before, { alternative })
      expect(result).toMatchObject({ kind: 'lossy', why: expect.stringContaining('not the same at the border') })
      expect(await difference(before, after, 1)).toBeLessThan(tolerance)
      expect(await difference(before, after)).toBeGreaterThan(tolerance)
    },
  )

  test('an activation that ends in a scale keeps the scale', async () => {
    const constantsOf = (g: GraphBuilder) => {
      const ramp = (dims: number[], step: number) =>
        Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => step * (i + 1))
      return [
        (dims: number[], step: number) => g.constant(Tensor.float32(ramp(dims, step), dims)),
        (value: number) => g.constant(Tensor.float32([value], [])),
      ] as const
    }
    // clip(x + 3, 0, 6) / 6 of numbers between the bounds is x / 6 + 1 / 2.
    const before = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 2, 5, 5])
      const [w, number] = constantsOf(g)
      const expand = g.op('Conv', [x, w([4, 2, 1, 1], 0.05)])
      const twice = g.op('Add', [expand, expand])
      const clip = g.op('Clip', [g.op('Add', [twice, number(3)]), number(0), number(6)])
      const depthwise = g.op('Conv', [g.op('Div', [clip, number(6)]), w([4, 1, 3, 3], 0.1)], { group: 4 })
      g.output(g.op('Conv', [depthwise, w([2, 4, 1, 1], 0.1)]), 'y')
    })
    // Add(expand, expand) is no sequence of maps by channel: all of it is dropped, and the numbers differ.
    expect(rewrittenBlock(before, { alternative: 'fused' }).result.why).toContain('Add+Add+Clip(0,6)+Div')
    const plain = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 2, 5, 5])
      const [w, number] = constantsOf(g)
      const clip = g.op('Clip', [g.op('Conv', [x, w([4, 2, 1, 1], 0.05), w([4], 0.5)]), number(0), number(6)])
      const depthwise = g.op('Conv', [g.op('Div', [clip, number(6)]), w([4, 1, 3, 3], 0.1)], { group: 4 })
      g.output(g.op('Conv', [depthwise, w([2, 4, 1, 1], 0.1)]), 'y')
    })
    const { after, result } = rewrittenBlock(plain, { alternative: 'fused' })
    expect(result.why).toBe('drops the activation Clip(0,6)')
    expect(await difference(plain, after)).toBeLessThan(tolerance)
  })
})

describe('a middle of another size', () => {
  /** Only every third channel of the middle takes part. */
  function withIdleChannels(): Model {
    const model = bottleneckModel({ ...small, expandBias: false })
    const project = findBlocks(model)[0]!.project!.convolution
    const weight = project.inputs[1]!.tensor!
    const numbers = Array.from(weight.numbers(), (value, i) => ((i % 12) % 3 === 0 ? value : 0))
    new Patch(model).setConstant(project, 1, Tensor.float32(numbers, weight.dims))
    return model
  }

  test('narrower keeps the channels that matter', async () => {
    const before = withIdleChannels()
    const { after, result, correspondence, block } = rewrittenBlock(before, { alternative: 'fused', middle: 4 })
    expect(result).toMatchObject({ kind: 'lossy', why: 'drops 8 channels' })
    expect(await difference(before, after)).toBeLessThan(tolerance)
    const [fused, project] = result.fitted
    expect(fused!.target).toBe('Conv_1')
    expect(project!.node).toBe(block.project!.convolution)
    const counterpart = correspondence.of(fused!.node.outputs[0]!)!
    expect(Array.from(counterpart.positions.get(1)!)).toEqual([0, 3, 6, 9])
  })

  test('wider is the same function', async () => {
    const before = withIdleChannels()
    const { after, result } = rewrittenBlock(before, { alternative: 'fused', middle: 16 })
    expect(result.kind).toBe('rounding')
    expect(result.fitted[0]!.node.inputs[1]!.tensor!.dims).toEqual([16, 4, 3, 3])
    expect(await difference(before, after)).toBeLessThan(tolerance)
  })

  test('cuts what a squeeze-and-excitation and an activation hold for each channel', async () => {
    const before = bottleneckModel({ ...small, activation: 'PRelu', squeezeExcite: 'after activation' })
    const { after } = rewrittenBlock(before, { alternative: 'fused', middle: 8 })
    expect(await difference(before, after)).toBeLessThan(100)
    expect(findBlocks(after)).toEqual([])
  })

  test('of an alternative that has none is declined', () => {
    expect(why(bottleneckModel(small), { alternative: 'merged', middle: 8 })).toBe('no-middle')
    expect(why(bottleneckModel({ ...small, expandBias: false }), { alternative: 'fused', middle: 0 })).toBe(
      'impossible-size',
    )
  })
})

describe('groups', () => {
  test('keep everything of weights that fall into groups, in whatever order', async () => {
    const before = bottleneckModel({ ...small, expandBias: false })
    const expand = findBlocks(before)[0]!.expand!.convolution
    const weight = expand.inputs[1]!.tensor!
    // Odd channels take the first half of the input, even ones the second.
    const numbers = Array.from(weight.numbers(), (value, i) =>
      Math.floor(i / 4) % 2 === (i % 4 < 2 ? 1 : 0) ? value : 0,
    )
    new Patch(before).setConstant(expand, 1, Tensor.float32(numbers, weight.dims))
    const { after, result, correspondence } = rewrittenBlock(before, { alternative: 'grouped' })
    expect(result).toMatchObject({ kind: 'lossy', why: 'drops the weights between groups' })
    const { node } = result.fitted[0]!
    expect(node.int('group')).toBe(2)
    expect(node.inputs[1]!.tensor!.dims).toEqual([12, 2, 3, 3])
    expect(Array.from(correspondence.of(node.outputs[0]!)!.positions.get(1)!)).toEqual([
      1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10,
    ])
    expect(await difference(before, after)).toBeLessThan(tolerance)
  })

  test('and another middle go together', async () => {
    const before = bottleneckModel({ ...small, activation: 'PRelu' })
    const { after, result } = rewrittenBlock(before, { alternative: 'grouped', middle: 8, groups: 4 })
    const { node } = result.fitted[0]!
    expect([node.int('group'), node.inputs[1]!.tensor!.dims]).toEqual([4, [8, 1, 3, 3]])
    expect(result.why).toContain('drops 4 channels; drops the weights between groups')
    expect(Number.isFinite(await difference(before, after))).toBe(true)
  })

  test('that do not divide the channels are declined', () => {
    expect(why(bottleneckModel(small), { alternative: 'grouped', groups: 3 })).toBe('indivisible')
    expect(why(bottleneckModel(small), { alternative: 'grouped', middle: 10, groups: 4 })).toBe('indivisible')
  })
})

describe('skip', () => {
  const between = (options: BottleneckOptions) =>
    buildModel((g) => {
      const x = g.op('Relu', [g.input('x', 'float32', [1, 4, 9, 9])])
      g.output(g.op('Neg', [bottleneck(g, x, options)]), 'y')
    })

  test.each([true, false])('leaves the input of a block, residual %s', async (residual) => {
    const before = between({ ...small, out: 4, residual })
    const { after, result } = rewrittenBlock(before, { alternative: 'skip' })
    expect(opTypes(after)).toEqual(['Relu', 'Neg'])
    expect(result).toMatchObject({ kind: 'lossy', fitted: [] })
  })

  test('is declined where sizes change, and between the ends of a model', () => {
    expect(why(between(small), { alternative: 'skip' })).toBe('shapes-differ')
    expect(why(between({ ...small, out: 4, stride: 2 }), { alternative: 'skip' })).toBe('shapes-differ')
    expect(why(bottleneckModel({ ...small, out: 4 }), { alternative: 'skip' })).toBe('interface')
  })
})

describe('what cannot be is declined', () => {
  test.each<[string, Alternative['alternative'], Partial<BottleneckOptions>]>([
    ['no-expansion', 'fused', { expand: false, in: 12 }],
    ['no-expansion', 'merged', { expand: false, in: 12 }],
    ['no-projection', 'joined', { expand: false, project: false, in: 12 }],
    ['squeeze-excite', 'merged', { squeezeExcite: 'after activation' }],
    ['squeeze-excite', 'joined', { squeezeExcite: 'before activation' }],
  ])('%s: %s', (reason, alternative, options) => {
    expect(why(bottleneckModel({ ...small, ...options }), { alternative })).toBe(reason)
  })

  test('a second decision on a block', () => {
    const model = bottleneckModel(small)
    const block = findBlocks(model)[0]!
    const decide = (alternative: Alternative['alternative']) =>
      applyBlock(model, block, { kind: 'block', block: 0, alternative }, new Correspondence())
    expect(isDeclined(decide('fused'))).toBe(false)
    expect(decide('merged')).toMatchObject({ reason: 'block-changed' })
  })

  test('a weight that overflows float16', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float16', [1, 2, 5, 5])
      const w = (dims: number[]) =>
        g.constant(Tensor.fromArray('float16', dims, new Uint16Array(dims.reduce((a, b) => a * b)).fill(0x6400)))
      const expand = g.op('Conv', [x, w([4, 2, 1, 1])])
      const depthwise = g.op('Conv', [expand, w([4, 1, 3, 3])], { group: 4 })
      g.output(g.op('Conv', [depthwise, w([2, 4, 1, 1])]), 'y')
    })
    expect(why(model, { alternative: 'fused' })).toBe('overflow')
  })

  test('padding that depends on a size nobody knows', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 4, 'h', 'w'])
      g.output(bottleneck(g, x, { ...small, pad: 0 }), 'y')
    })
    for (const node of model.graph.nodes()) {
      if (node.int('group', 1) === 1) continue
      node.attributes.delete('pads')
      node.attributes.set('auto_pad', attr.text('SAME_UPPER'))
      node.attributes.set('strides', attr.ints([2, 2]))
    }
    expect(findBlocks(model)).toEqual([])
  })
})

test('the new layer stands for what it replaced, under its name', () => {
  const { after, result, correspondence, block } = rewrittenBlock(
    bottleneckModel({ ...small, batchNormalization: true }),
    {
      alternative: 'fused',
    },
  )
  const [{ node, target }] = result.fitted as [Rewritten['fitted'][number]]
  expect(target).toBe('BatchNormalization_1')
  expect(node.outputs[0]!.name).toBe(target)
  expect(correspondence.of(node.outputs[0]!)).toEqual({ original: target, positions: new Map() })
  expect(nodesOf(block).filter((each) => each.isLive)).toHaveLength(2)
  expect(opTypes(after)).toEqual(['Conv', 'Conv', 'BatchNormalization'])
  expect(node.provenance).toHaveLength(4)
})
