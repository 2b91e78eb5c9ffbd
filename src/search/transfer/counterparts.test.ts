import { describe, expect, test } from 'vitest'
import type { OriginBlock, OriginGroup, RecipeOrigin } from '../../passes/architecture/decision.js'
import { Counterparts } from './counterparts.js'

const blocks = (...list: [name: string, signature: string][]): OriginBlock[] =>
  list.map(([name, signature]) => ({ name, signature }))

const group = (name: string, signature: string, ...roles: OriginGroup['roles']): OriginGroup => ({
  name,
  signature,
  size: 64,
  roles,
})

const source: RecipeOrigin = {
  blocks: blocks(
    ['a', 'ibn 3x3 growing@1'],
    ['b', 'ibn 3x3 residual@1'],
    ['c', 'ibn 3x3 stride 2 growing@1'],
    ['d', 'ibn 5x5 residual@1'],
    ['pair', 'separable 3x3 level@1'],
  ),
  groups: [
    group('stem', 'Conv>Conv@1'),
    group('a middle', 'Conv>Conv@2', { block: 'a', role: 'middle' }),
    group('trunk', 'Conv>Conv@3', { block: 'a', role: 'output' }, { block: 'b', role: 'output' }),
    group('head', 'Conv>Gemm@1'),
  ],
}

/** Names of the counterparts of all blocks of a target. */
const found = (...target: [string, string][]) => {
  const own = blocks(...target)
  const counterparts = new Counterparts(source, { blocks: own, groups: [] })
  return own.map((block) => {
    const counterpart = counterparts.ofBlock(block)
    return counterpart && [counterpart.place.name, counterpart.by]
  })
}

describe('counterparts of blocks', () => {
  test('by name, whatever they are made of', () => {
    expect(found(['d', 'ibn 3x3 growing@1'])).toEqual([['d', 'name']])
  })

  test('by signature', () => {
    expect(found(['x', 'ibn 5x5 residual@1'], ['y', 'ibn 3x3 growing@1'])).toEqual([
      ['d', 'signature'],
      ['a', 'signature'],
    ])
  })

  test('at the same relative place of a deeper net: every block has one, early ones early ones', () => {
    const deeper = Array.from({ length: 7 }, (_, i): [string, string] => [`x${i}`, `ibn 7x7 level@${i + 1}`])
    expect(found(...deeper)).toEqual(['a', 'b', 'b', 'c', 'c', 'd', 'd'].map((name) => [name, 'relative place']))
  })

  test('of a net with a single block it is the first', () => {
    expect(found(['x', 'ibn 7x7 level@1'])).toEqual([['a', 'relative place']])
  })

  test('among blocks of their kind alone', () => {
    expect(found(['x', 'separable 5x5 level@1'], ['y', 'depthwise 3x3 level@1'])).toEqual([
      ['pair', 'relative place'],
      undefined,
    ])
  })
})

describe('counterparts of groups', () => {
  const target: RecipeOrigin = {
    blocks: blocks(['x', 'ibn 3x3 growing@1'], ['y', 'ibn 9x9 residual@1'], ['z', 'ibn 9x9 residual@2']),
    groups: [
      group('head', 'Conv>Conv@9'),
      group('first', 'Conv>Conv@1'),
      group('x middle', 'Conv>Conv@7', { block: 'x', role: 'middle' }),
      group('y out', 'Conv>Conv@8', { block: 'y', role: 'output' }),
      group('x out', 'Conv>Conv@4', { block: 'x', role: 'output' }),
      group('other', 'Conv>Conv@2'),
    ],
  }
  const counterparts = new Counterparts(source, target)

  test.each([
    ['head', 'head', 'name'],
    // Outside of blocks.
    ['first', 'stem', 'signature'],
    ['x middle', 'a middle', 'signature'],
    // Of blocks 0 to 3, the one that is like block 1 of 0 to 2, has an output nobody decides on.
    ['y out', undefined, undefined],
    ['x out', 'trunk', 'signature'],
    // What is in a block there is no counterpart of what is in none here.
    ['other', undefined, undefined],
  ])('%s: %s by %s', (name, expected, by) => {
    const counterpart = counterparts.ofGroup(target.groups.find((each) => each.name === name)!)
    expect([counterpart?.place.name, counterpart?.by]).toEqual([expected, by])
  })
})
