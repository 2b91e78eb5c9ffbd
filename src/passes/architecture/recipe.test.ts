import { describe, expect, test } from 'vitest'
import { type BottleneckOptions, bottleneck } from '../../../test/architecture/bottleneck.js'
import { buildModel } from '../../ir/build.js'
import { UserError } from '../../ir/errors.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { graphText } from '../../ir/text.js'
import { dimsOf } from '../../ir/type.js'
import type { Decision } from './decision.js'
import { isDeclined } from './declined.js'
import { findBlocks } from './find-blocks.js'
import { applyDecisions, applyRecipe, shownValues } from './recipe.js'

/** x [1, 8, 9, 9] -> 8 -> 8 (residual) -> 12: three inverted bottlenecks with ReLU6. */
const chain = (options: Partial<BottleneckOptions> = {}): Model =>
  buildModel(
    (g) => {
      const x = g.input('x', 'float32', [1, 8, 9, 9])
      const first = bottleneck(g, x, { in: 8, middle: 32, out: 8, ...options })
      const second = bottleneck(g, first, { in: 8, middle: 48, out: 8, residual: true, seed: 2, ...options })
      g.output(bottleneck(g, second, { in: 8, middle: 40, out: 12, seed: 3, ...options }), 'y')
    },
    { opset: 24, irVersion: 10 },
  )

const recipe = (...decisions: Decision[]) => ({ recipeVersion: 1 as const, decisions })
const fused = (block: number | string): Decision => ({ kind: 'block', block, alternative: 'fused' })

/** Output channels of the convolutions, in order. */
const widths = ({ graph }: Model): number[] =>
  [...graph.nodes()].filter((node) => node.is('Conv')).map((node) => node.inputs[1]!.tensor!.dims[0]!)

const middleOf = (model: Model, block: number): string => findBlocks(model)[block]!.depthwise.output.name

describe('recipes', () => {
  test('change a copy, and name what went and came', () => {
    const model = chain()
    inferTypes(model)
    const before = graphText(model.graph)
    const { model: copy, decisions, kind, fitted } = applyRecipe(model, recipe(fused(0)))
    expect(graphText(model.graph)).toBe(before)
    expect(widths(copy)).toEqual([32, 8, 48, 48, 8, 40, 40, 12])
    expect(kind).toBe('lossy')
    expect(decisions[0]).toMatchObject({
      from: '1x1 of 8 to 32, depthwise 3x3 of 32',
      to: '3x3 of 8 to 32',
      kind: 'lossy',
    })
    expect(decisions[0]!.removed).toHaveLength(3)
    expect(decisions[0]!.added).toHaveLength(1)
    expect(decisions[0]!.place).toMatch(/^block 0 "/)
    expect(fitted.map(({ node }) => node.opType)).toEqual(['Conv'])
  })

  test('nothing to decide is exact', () => {
    const { kind, decisions, model } = applyRecipe(chain(), recipe())
    expect([kind, decisions]).toEqual(['exact', []])
    expect(widths(model)).toEqual(widths(chain()))
  })

  test('indexes are those before the first decision', () => {
    const { model } = applyRecipe(chain(), recipe(fused(0), fused(2)))
    expect(widths(model)).toEqual([32, 8, 48, 48, 8, 40, 12])
    expect(findBlocks(model).filter(({ index }) => index !== undefined)).toHaveLength(1)
  })

  test('blocks and widths are found again at another resolution, whenever it is decided on', () => {
    const model = chain()
    const others: Decision[] = [fused(0), { kind: 'width', group: middleOf(model, 0), size: 16 }]
    const resolution: Decision = { kind: 'resolution', input: 'x', height: 6, width: 6 }
    for (const decisions of [
      [resolution, ...others],
      [others[0]!, resolution, others[1]!],
      [...others, resolution],
    ]) {
      const { model: changed } = applyRecipe(model, recipe(...decisions))
      expect(widths(changed).slice(0, 2)).toEqual([16, 8])
      expect(dimsOf(changed.graph.outputs[0]!.type)).toEqual([1, 12, 6, 6])
    }
  })

  test('a block that was fused is narrowed by a width that names what was in it, in either order', () => {
    const model = chain()
    const group = middleOf(model, 0)
    const width: Decision = { kind: 'width', group, size: 16 }
    const one = applyRecipe(model, recipe(fused(0), width))
    const other = applyRecipe(model, recipe(width, fused(0)))
    for (const { model: changed, decisions } of [one, other]) {
      expect(widths(changed).slice(0, 2)).toEqual([16, 8])
      expect(decisions.find(({ decision }) => decision.kind === 'width')).toMatchObject({ from: '32', to: '16' })
    }
    expect(one.correspondence.of(one.fitted[0]!.node.outputs[0]!)?.positions.get(1)).toHaveLength(16)
    // The fused layer once, and what reads it.
    expect(one.fitted).toHaveLength(2)
  })

  test('a width of the expansion, which the fusion removes, is one of the fused layer', () => {
    const model = chain()
    const group = findBlocks(model)[0]!.expand!.output.name
    const { model: changed } = applyRecipe(model, recipe(fused(0), { kind: 'width', group, size: 24 }))
    expect(widths(changed).slice(0, 2)).toEqual([24, 8])
  })

  test('a depth multiplier takes the sizes that earlier decisions left', () => {
    const model = chain()
    const width: Decision = { kind: 'width', group: middleOf(model, 1), size: 24 }
    const half: Decision = { kind: 'depth-multiplier', ratio: 0.5, multipleOf: 4 }
    expect(widths(applyRecipe(model, recipe(width, half)).model)).toEqual([16, 16, 4, 12, 12, 4, 20, 20, 12])
    const curated = applyRecipe(model, recipe({ kind: 'depth-multiplier', ratio: 0.5 }), {
      curated: { multipleOf: 16 },
    })
    expect(widths(curated.model).slice(0, 3)).toEqual([16, 16, 8])
  })

  test('wider groups keep the function, narrower ones do not, equal ones keep the bits', () => {
    const kindOf = (size: number) => {
      const model = chain()
      return applyRecipe(model, recipe({ kind: 'width', group: middleOf(model, 1), size })).kind
    }
    expect([kindOf(64), kindOf(32), kindOf(48)]).toEqual(['rounding', 'lossy', 'exact'])
  })

  test('only what is another function is fitted', () => {
    const model = chain({ activation: 'none', expandBias: false })
    const { kind, fitted } = applyRecipe(model, recipe(fused(0)))
    expect([kind, fitted]).toEqual(['rounding', []])
  })

  test('what is skipped shows at its output, where its input now stands', () => {
    const model = chain()
    const block = findBlocks(model)[1]!
    const result = applyRecipe(model, recipe({ kind: 'block', block: 1, alternative: 'skip' }))
    expect(shownValues(result, result.decisions[0]!).map(({ at, value }) => [at, value.name])).toEqual([
      [block.output.name, block.input.name],
    ])
  })

  test('a resolution says from what to what, and leaves nothing to compare', () => {
    const result = applyRecipe(chain(), recipe(fused(0), { kind: 'resolution', input: 'x', height: 12, width: 10 }))
    expect(dimsOf(result.model.graph.outputs[0]!.type)).toEqual([1, 12, 12, 10])
    expect(result.decisions[1]).toMatchObject({ from: 'float32[1, 8, 9, 9]', to: 'float32[1, 8, 12, 10]' })
    expect(shownValues(result, result.decisions[0]!)).toEqual([])
  })

  test('signatures find the same places in a wider sibling with BatchNormalization', () => {
    const [model, sibling] = [chain(), chain({ batchNormalization: true })]
    const [block] = findBlocks(model).slice(1)
    const decision: Decision = { kind: 'block', signature: block!.signature, alternative: 'fused' }
    const found = applyDecisions(sibling, [decision])
    if (isDeclined(found)) throw new Error(found.reason)
    expect(found.decisions[0]!.place).toMatch(/^block 1 /)
  })

  test('names from before passes ran are followed', () => {
    const model = chain()
    const [block] = findBlocks(model)
    const former = (name: string) => (name === 'gone' ? [block!.depthwise.output.name] : [])
    const width: Decision = { kind: 'width', group: 'gone', size: 16 }
    expect(widths(applyRecipe(model, recipe(width), { former }).model)[0]).toBe(16)
    expect(() => applyRecipe(model, recipe(width))).toThrow(/unknown-group/)
  })
})

describe('a recipe that is not possible', () => {
  test.each<[string, (model: Model) => Decision[], index: number, message: RegExp, remedy: RegExp]>([
    ['a block too many', () => [fused(0), fused(3)], 1, /fused .*block 3 \(unknown-block\)/, /one of 0 to 2/],
    ['an unknown name', () => [fused('stem')], 0, /"stem" \(unknown-block\)/, /name a block: /],
    [
      'an unknown signature',
      () => [{ kind: 'block', signature: 'ibn 7x7@1', alternative: 'skip' }],
      0,
      /skip .*"ibn 7x7@1" \(unknown-block\)/,
      /signature of a block: ibn 3x3/,
    ],
    [
      'an alternative the block does not have',
      () => [{ kind: 'block', block: 2, alternative: 'skip' }],
      0,
      /skip is not possible: .*\(shapes-differ\)/,
      /it can become fused, grouped, merged, standard, joined$/,
    ],
    ['a block twice', () => [fused(1), fused(1)], 1, /\(block-changed\)/, /once/],
    [
      'a group twice removed',
      (model) => [
        { kind: 'block', block: 1, alternative: 'skip' },
        { kind: 'width', group: middleOf(model, 1), size: 8 },
      ],
      1,
      /width of 8 .*\(group-gone\)/,
      /before the decision that removes it/,
    ],
    [
      'an unknown group',
      () => [{ kind: 'width', group: 'nowhere', size: 8 }],
      0,
      /"nowhere" \(unknown-group\)/,
      /name a value of a group: /,
    ],
    ['a pinned group', () => [{ kind: 'width', group: 'y', size: 8 }], 0, /\(pinned-group\)/, /./],
    [
      'an unknown convolution',
      () => [{ kind: 'convolution', node: 'nowhere', alternative: 'stacked' }],
      0,
      /stacked .*\(unknown-convolution\)/,
      /name a convolution/,
    ],
    [
      'an unknown input',
      () => [{ kind: 'resolution', input: 'z', height: 8, width: 8 }],
      0,
      /8x8 .*\(unknown-input\)/,
      /: x$/,
    ],
  ])('%s', (_, make, index, message, remedy) => {
    const model = chain()
    inferTypes(model)
    const before = graphText(model.graph)
    let error: unknown
    try {
      applyRecipe(model, recipe(...make(model)), { file: 'r.json' })
    } catch (thrown) {
      error = thrown
    }
    if (!(error instanceof UserError)) throw new Error(`not refused: ${String(error)}`)
    expect([error.code, error.file, error.place]).toEqual(['invalid-recipe', 'r.json', `/decisions/${index}`])
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
    expect(graphText(model.graph)).toBe(before)
  })
})
