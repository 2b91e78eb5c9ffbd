import fc from 'fast-check'
import { describe, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import { Tensor } from '../../ir/tensor.js'
import { cleanUpPasses } from '../pipeline.js'

const holder = useRuntime()
const i64 = (...values: number[]) => Tensor.int64(values)
const f32 = (values: number[], dims?: number[]) => Tensor.float32(values, dims)

describe('properties', () => {
  const step = fc.oneof(
    fc.constant('relu' as const),
    fc.constant('transpose' as const),
    fc.constant('reshape' as const),
    fc.constant('slice' as const),
    fc.constant('concat' as const),
    fc.constant('identity' as const),
    fc.constant('unsqueeze' as const),
    fc.constant('clip' as const),
    fc.constant('scale' as const),
    fc.constant('shape' as const),
  )

  test('random chains of movements compute what they computed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.nat(1000)), { minLength: 2, maxLength: 9 }),
        fc.boolean(),
        async (steps, isSymbolic) => {
          const build = (g: GraphBuilder) => {
            let value = g.input('x', 'float32', [isSymbolic ? 'n' : 2, 3, 4])
            let rank = 3
            for (const [kind, seed] of steps) {
              const axis = seed % rank
              if (kind === 'relu') value = g.op('Relu', [value])
              else if (kind === 'identity') value = g.op('Identity', [value])
              else if (kind === 'clip')
                value = g.op('Clip', [value, g.constant(f32([-0.5], [])), g.constant(f32([0.5 + (seed % 3)], []))])
              else if (kind === 'scale') value = g.op(seed % 2 ? 'Mul' : 'Add', [value, g.constant(f32([seed % 3]))])
              else if (kind === 'transpose')
                value = g.op('Transpose', [value], { perm: rotated(rank, 1 + (seed % rank)) })
              else if (kind === 'unsqueeze' && rank < 5) {
                value = g.op('Unsqueeze', [value, g.constant(i64(axis))])
                rank += 1
              } else if (kind === 'reshape') {
                value = g.op('Reshape', [value, g.constant(seed % 2 ? i64(-1) : i64(0, -1))])
                rank = seed % 2 ? 1 : 2
                if (rank === 2 && seed % 2 === 0) value = g.op('Flatten', [value])
              } else if (kind === 'slice')
                value = g.op('Slice', [
                  value,
                  g.constant(i64(0)),
                  g.constant(i64(1 + (seed % 5))),
                  g.constant(i64(axis)),
                ])
              else if (kind === 'concat')
                value = g.op('Concat', [value, value], { axis: seed % 2 ? axis : axis - rank })
              else if (kind === 'shape') value = g.op('Reshape', [value, g.op('Shape', [value])])
            }
            g.output(value, 'y')
          }
          await expectEquivalent(holder.runtime, build, { passes: cleanUpPasses, symbols: new Map([['n', 2]]) })
        },
      ),
      { numRuns: 60 },
    )
  })
})

const rotated = (rank: number, by: number): number[] => Array.from({ length: rank }, (_, i) => (i + by) % rank)
