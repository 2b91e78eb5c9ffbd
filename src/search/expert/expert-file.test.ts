import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { UserError } from '../../ir/errors.js'
import type { Constraint } from './constraint.js'
import { constraintText } from './constraint.js'
import { readExpert, validateExpert } from './expert-file.js'

const expert = (...constraints: unknown[]) => ({ expertVersion: 1, constraints })

describe('constraint files', () => {
  test.each<[text: string, constraint: Constraint]>([
    ['pin blocks 0-4: fused', { kind: 'pin', blocks: '0-4', form: 'fused' }],
    ['pin blocks 3: fused or as-is', { kind: 'pin', blocks: 3, form: ['fused', 'as-is'] }],
    ['pin at stem*: as-is', { kind: 'pin', at: 'stem*', form: 'as-is' }],
    ['pin groups x: 48 or 64 channels', { kind: 'pin', groups: 'x', size: [48, 64] }],
    ['forbid blocks *: merged', { kind: 'forbid', blocks: '*', form: 'merged', why: 'compiler bug' }],
    ['forbid signature Conv>Conv@*: at least 65', { kind: 'forbid', signature: 'Conv>Conv@*', atLeast: 65 }],
    ['bound groups decoder*: at most 64', { kind: 'bound', groups: 'decoder*', atMost: 64 }],
    ['bound groups *: a multiple of 32, or as it is', { kind: 'bound', groups: '*', multipleOf: 32, orAsIs: true }],
    ['prefer blocks *: grouped, 0.5 times the loss', { kind: 'prefer', blocks: '*', form: 'grouped', weight: 0.5 }],
  ])('%s', (text, constraint) => {
    expect(validateExpert(expert(constraint))).toBeUndefined()
    expect(constraintText(constraint)).toBe(text)
  })

  test.each<[value: unknown, path: string, message: RegExp]>([
    [[], '/', /must be object, found \[\]$/],
    [{ constraints: [] }, '/', /required property 'expertVersion'/],
    [{ ...expert(), recipeVersion: 1 }, '/', /unknown property "recipeVersion"/],
    [expert({}), '/constraints/0', /required property 'kind'/],
    [expert({ kind: 'want', at: '*', form: 'as-is' }), '/constraints/0/kind', /one of pin, forbid, bound, prefer/],
    [expert({ kind: 'pin', form: 'fused' }), '/constraints/0', /one of blocks, groups, at, signature, found none$/],
    [expert({ kind: 'pin', blocks: 0, at: 'x', form: 'fused' }), '/constraints/0', /found blocks and at$/],
    [expert({ kind: 'pin', blocks: 0 }), '/constraints/0', /one of form, size and bounds of sizes .*, found none$/],
    [expert({ kind: 'pin', groups: 'x', size: 8, atMost: 8 }), '/constraints/0', /found size and bounds of sizes$/],
    [expert({ kind: 'pin', blocks: 0, form: 'melted' }), '/constraints/0/form', /one of as-is, fused, .*"melted"$/],
    [
      expert({ kind: 'pin', blocks: 0, form: ['fused', 1] }),
      '/constraints/0/form/1',
      /one of as-is, fused, .*found 1$/,
    ],
    [expert({ kind: 'pin', blocks: 0, form: [] }), '/constraints/0/form', /fewer than 1 items/],
    [expert({ kind: 'pin', blocks: -1, form: 'fused' }), '/constraints/0/blocks', /must be >= 0, found -1$/],
    [expert({ kind: 'pin', blocks: '4-0', form: 'fused' }), '/constraints/0', /falling range of blocks "4-0"/],
    [expert({ kind: 'pin', blocks: '0-1', size: 32 }), '/constraints/0', /blocks have forms, not sizes/],
    [expert({ kind: 'pin', groups: 'x', form: 'fused' }), '/constraints/0', /no forms but "as-is"$/],
    [expert({ kind: 'pin', groups: 'x', atMost: 8 }), '/constraints/0', /sizes within bounds are a "bound"$/],
    [expert({ kind: 'bound', groups: 'x', size: 8 }), '/constraints/0', /a bound needs one of atLeast/],
    [expert({ kind: 'bound', groups: 'x', atLeast: 9, atMost: 8 }), '/constraints/0', /nothing in between$/],
    [expert({ kind: 'forbid', groups: 'x', atMost: 8, orAsIs: true }), '/constraints/0', /"orAsIs" belongs to bounds/],
    [expert({ kind: 'prefer', blocks: 0, form: 'fused' }), '/constraints/0', /a preference needs a "weight"$/],
    [expert({ kind: 'pin', blocks: 0, form: 'fused', weight: 1 }), '/constraints/0', /"weight" belongs to preferences/],
    [
      expert({ kind: 'prefer', blocks: 0, form: 'as-is', weight: 0.5 }),
      '/constraints/0',
      /loses nothing: give the other forms a weight above 1$/,
    ],
    [expert({ kind: 'prefer', blocks: 0, form: 'fused', weight: 0 }), '/constraints/0/weight', /must be > 0, found 0$/],
    [expert({ kind: 'bound', groups: 'x', multipleOf: 0 }), '/constraints/0/multipleOf', /must be >= 1, found 0$/],
  ])('%j', (value, path, message) => {
    const fault = validateExpert(value)
    expect(fault?.path).toBe(path)
    expect(fault?.message).toMatch(message)
  })

  test('are read with their name, which faults tell', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'expert-')), 'e.json')
    const constraint = { kind: 'pin', blocks: '0-4', form: 'fused' }
    writeFileSync(file, JSON.stringify(expert(constraint)))
    expect(readExpert(file)).toEqual({ file, constraints: [constraint] })
    writeFileSync(file, JSON.stringify(expert({ kind: 'pin' })))
    expect(() => readExpert(file)).toThrow(
      expect.objectContaining({
        code: 'invalid-expert',
        file,
        remedy: 'see docs/search.md for the format',
      } as UserError),
    )
  })
})
