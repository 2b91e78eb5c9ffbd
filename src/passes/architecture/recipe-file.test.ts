import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { UserError } from '../../ir/errors.js'
import { readRecipe, validateRecipe } from './recipe-file.js'

const recipe = (...decisions: unknown[]) => ({ recipeVersion: 1, decisions })

describe('recipe files', () => {
  test.each<[string, unknown]>([
    ['nothing to decide', recipe()],
    [
      'every kind of decision',
      recipe(
        { kind: 'block', block: 3, alternative: 'fused', middle: 96 },
        { kind: 'block', block: 'blocks.0/expand', alternative: 'grouped', groups: 4 },
        { kind: 'block', signature: 'ibn', alternative: 'skip' },
        { kind: 'convolution', node: 'stem', alternative: 'kernel', kernel: 5, dilation: 2 },
        { kind: 'width', group: 'x', size: 48 },
        { kind: 'width', signature: 'g', size: 48 },
        { kind: 'depth-multiplier', ratio: 0.75 },
        { kind: 'depth-multiplier', ratio: 1.25, multipleOf: 8 },
        { kind: 'resolution', input: 'x', height: 192, width: 160 },
      ),
    ],
    ['words for people', { $schema: 'recipe.schema.json', description: 'early blocks', ...recipe() }],
  ])('%s', (_, value) => {
    expect(validateRecipe(value)).toBeUndefined()
  })

  test.each<[value: unknown, path: string, message: RegExp]>([
    [[], '/', /must be object, found \[\]$/],
    [{ decisions: [] }, '/', /required property 'recipeVersion'/],
    [{ recipeVersion: 2, decisions: [] }, '/recipeVersion', /equal to constant, found 2$/],
    [{ ...recipe(), extra: 1 }, '/', /unknown property "extra"/],
    [recipe('fuse'), '/decisions/0', /must be object, found "fuse"$/],
    [recipe({}), '/decisions/0', /required property 'kind'/],
    [
      recipe({ kind: 'fuse' }),
      '/decisions/0/kind',
      /one of block, convolution, width, depth-multiplier, resolution, found "fuse"$/,
    ],
    [recipe({ kind: 'block', block: 1 }), '/decisions/0', /required property 'alternative'/],
    [
      recipe({ kind: 'block', block: 1, alternative: 'melted' }),
      '/decisions/0/alternative',
      /one of fused, .*"melted"$/,
    ],
    [recipe({ kind: 'block', block: -1, alternative: 'skip' }), '/decisions/0/block', /must be >= 0, found -1$/],
    [recipe({ kind: 'block', alternative: 'skip' }), '/decisions/0', /one of "block" and "signature", found neither$/],
    [
      recipe(
        { kind: 'resolution', input: 'x', height: 8, width: 8 },
        { kind: 'width', group: 'a', signature: 'b', size: 8 },
      ),
      '/decisions/1',
      /one of "group" and "signature", found both$/,
    ],
    [recipe({ kind: 'width', group: 'x', size: 0 }), '/decisions/0/size', /must be >= 1, found 0$/],
    [recipe({ kind: 'width', group: 'x', size: 8, middle: 8 }), '/decisions/0', /unknown property "middle"/],
    [recipe({ kind: 'depth-multiplier', ratio: 0 }), '/decisions/0/ratio', /must be > 0, found 0$/],
    [recipe({ kind: 'resolution', input: 'x', height: 192 }), '/decisions/0', /required property 'width'/],
  ])('%j', (value, path, message) => {
    const fault = validateRecipe(value)
    expect(fault?.path).toBe(path)
    expect(fault?.message).toMatch(message)
  })

  test('a fault names the file, the pointer, what was found and where the format is described', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'recipe-')), 'r.json')
    writeFileSync(file, JSON.stringify(recipe({ kind: 'width', group: 'x', size: 1.5 })))
    expect(() => readRecipe(file)).toThrow(UserError)
    try {
      readRecipe(file)
    } catch (error) {
      expect((error as UserError).line()).toMatch(
        /r\.json: \/decisions\/0\/size: must be integer, found 1\.5; see docs\/recipes\.md for the format$/,
      )
    }
  })

  test('the recipe of the example is one', () => {
    const file = fileURLToPath(new URL('../../../fixtures/shapes/recipe.json', import.meta.url))
    expect(readRecipe(file).decisions.map(({ kind }) => kind)).toEqual(['block', 'block'])
  })

  test('a file that is not there, and one that is no JSON', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'recipe-')), 'r.json')
    expect(() => readRecipe(file)).toThrow(/ENOENT/)
    writeFileSync(file, '{')
    expect(() => readRecipe(file)).toThrow(/not JSON/)
  })
})
