import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import { Tensor } from '../../ir/tensor.js'
import type { Pass } from '../define.js'
import { cleanUpPasses } from '../pipeline.js'
import { mergeCasts } from './merge-casts.js'
import { mergeClips } from './merge-clips.js'
import { joinSplitParts, mergeConcats } from './merge-concats.js'
import { mergeSlices } from './merge-slices.js'
import { mergeTransposes } from './merge-transposes.js'
import { mergeViews } from './merge-views.js'
import { removeDropout } from './remove-dropout.js'
import { removeIdentity } from './remove-identity.js'
import { removeNeutralOperand, removeZeroTerm } from './remove-neutral-operand.js'
import { removeNoOpCast } from './remove-no-op-cast.js'
import { removeNoOpMovement } from './remove-no-op-movement.js'
import { removeNoOpPad } from './remove-no-op-pad.js'
import { removeNoOpResize } from './remove-no-op-resize.js'
import { removeNoOpSlice } from './remove-no-op-slice.js'
import { removeNoOpTranspose } from './remove-no-op-transpose.js'
import { removeRepeatedOperation } from './remove-repeated-operation.js'
import { removeSingleOperand } from './remove-single-operand.js'
import { sinkTranspose } from './sink-transpose.js'
import { slicesToSplit } from './slices-to-split.js'
import { transposeToReshape } from './transpose-to-reshape.js'

const holder = useRuntime()
const i64 = (...values: number[]) => Tensor.int64(values)
const f32 = (values: number[], dims?: number[]) => Tensor.float32(values, dims)

/** The subject stands between two Relus, so that neither side is the interface. */
const between =
  (
    make: (g: GraphBuilder, x: ReturnType<GraphBuilder['input']>) => ReturnType<GraphBuilder['op']>,
    dims: (number | string)[] = [2, 3, 4],
  ) =>
  (g: GraphBuilder) => {
    const x = g.op('Relu', [g.input('x', 'float32', dims)])
    g.output(g.op('Neg', [make(g, x)]), 'y')
  }

describe('what does nothing goes', () => {
  test.each<[string, Parameters<typeof between>[0], (number | string)[], { opset?: number }, readonly Pass[]]>([
    ['Identity', (g, x) => g.op('Identity', [x]), [2, 3], {}, [removeIdentity]],
    ['Dropout without mask', (g, x) => g.op('Dropout', [x]), [2, 3], {}, [removeDropout]],
    ['Dropout of opset 7', (g, x) => g.op('Dropout', [x]), [2, 3], { opset: 8 }, [removeDropout]],
    ['Cast to its own dtype', (g, x) => g.op('Cast', [x], { to: 1 }), [2, 3], {}, [removeNoOpCast]],
    [
      'Transpose that leaves all axes',
      (g, x) => g.op('Transpose', [x], { perm: [0, 1, 2] }),
      [2, 3, 4],
      {},
      [removeNoOpTranspose],
    ],
    [
      'Reshape to the same shape',
      (g, x) => g.op('Reshape', [x, g.constant(i64(2, -1, 4))]),
      [2, 3, 4],
      {},
      [removeNoOpMovement],
    ],
    [
      'Reshape of a symbolic batch',
      (g, x) => g.op('Reshape', [x, g.constant(i64(0, 3))]),
      ['n', 3],
      {},
      [removeNoOpMovement],
    ],
    ['Flatten of a matrix', (g, x) => g.op('Flatten', [x]), [2, 3], {}, [removeNoOpMovement]],
    [
      'Expand to the same shape',
      (g, x) => g.op('Expand', [x, g.constant(i64(2, 3))]),
      [2, 3],
      {},
      [removeNoOpMovement],
    ],
    ['Tile by ones', (g, x) => g.op('Tile', [x, g.constant(i64(1, 1))]), [2, 3], {}, [removeNoOpMovement]],
    ['Pad by nothing', (g, x) => g.op('Pad', [x, g.constant(i64(0, 0, 0, 0))]), [2, 3], {}, [removeNoOpPad]],
    [
      'Pad by nothing, opset 10',
      (g, x) => g.op('Pad', [x], { pads: [0, 0, 0, 0] }),
      [2, 3],
      { opset: 10 },
      [removeNoOpPad],
    ],
    [
      'Slice of everything',
      (g, x) => g.op('Slice', [x, g.constant(i64(0)), g.constant(i64(9)), g.constant(i64(1))]),
      [2, 3],
      {},
      [removeNoOpSlice],
    ],
    [
      'Slice to the end of a symbolic axis',
      (g, x) => g.op('Slice', [x, g.constant(i64(0)), g.constant(Tensor.int64([2n ** 63n - 1n])), g.constant(i64(0))]),
      ['n', 3],
      {},
      [removeNoOpSlice],
    ],
    ['Concat of one', (g, x) => g.op('Concat', [x], { axis: 0 }), [2, 3], {}, [removeSingleOperand]],
    ['Sum of one', (g, x) => g.op('Sum', [x]), [2, 3], {}, [removeSingleOperand]],
    ['Split into one', (g, x) => g.op('Split', [x], { axis: 1 }), [2, 3], { opset: 13 }, [removeSingleOperand]],
    ['Relu of Relu', (g, x) => g.op('Relu', [x]), [2, 3], {}, [removeRepeatedOperation]],
    ['times one', (g, x) => g.op('Mul', [g.constant(f32([1])), x]), [2, 3], {}, [removeNeutralOperand]],
    ['minus zero', (g, x) => g.op('Sub', [x, g.constant(f32([0, 0, 0]))]), [2, 3], {}, [removeNeutralOperand]],
    ['plus zero', (g, x) => g.op('Add', [x, g.constant(f32([0]))]), [2, 3], {}, [removeZeroTerm]],
    [
      'Resize by ones',
      (g, x) => g.op('Resize', [x, undefined, g.constant(f32([1, 1, 1, 1]))]),
      [1, 2, 3, 4],
      {},
      [removeNoOpResize],
    ],
  ])('%s', async (_, make, dims, options, passes) => {
    const { ops } = await expectEquivalent(holder.runtime, between(make, dims), {
      passes,
      ...options,
      symbols: new Map([['n', 3]]),
    })
    expect(ops).toEqual(['Relu', 'Neg'])
  })
})

describe('what looks like nothing and is something stays', () => {
  test.each<[string, Parameters<typeof between>[0], (number | string)[], { opset?: number }]>([
    [
      'Slice backwards keeps the shape',
      (g, x) =>
        g.op('Slice', [
          x,
          g.constant(i64(-1)),
          g.constant(Tensor.int64([-(2n ** 63n) + 1n])),
          g.constant(i64(0)),
          g.constant(i64(-1)),
        ]),
      [2, 3],
      {},
    ],
    [
      'Slice that cuts a symbolic axis',
      (g, x) => g.op('Slice', [x, g.constant(i64(0)), g.constant(i64(2)), g.constant(i64(0))]),
      ['n', 3],
      {},
    ],
    ['Pad that shifts', (g, x) => g.op('Pad', [x, g.constant(i64(1, 0, -1, 0))]), [2, 3], {}],
    ['Transpose of a square', (g, x) => g.op('Transpose', [x], { perm: [1, 0] }), [3, 3], {}],
    ['Mul that broadcasts', (g, x) => g.op('Mul', [x, g.constant(f32([1, 1], [2, 1, 1]))]), [3, 4], {}],
    [
      'Cast and back through a narrower type',
      (g, x) => g.op('Cast', [g.op('Cast', [x], { to: 6 })], { to: 1 }),
      [2, 3],
      {},
    ],
    ['Concat of x with itself', (g, x) => g.op('Concat', [x, x], { axis: 0 }), [2, 3], {}],
    [
      'Dropout whose mask is used',
      (g, x) => {
        const node = g.node('Dropout', [x], {}, 2)
        return g.op('Where', [node.outputs[1], node.outputs[0]!, x])
      },
      [2, 3],
      {},
    ],
  ])('%s', async (_, make, dims, options) => {
    const { ops } = await expectEquivalent(holder.runtime, between(make, dims), {
      passes: cleanUpPasses,
      ...options,
      symbols: new Map([['n', 4]]),
    })
    expect(ops.length).toBeGreaterThan(2)
  })
})

describe('neighbours merge', () => {
  test.each<
    [string, Parameters<typeof between>[0], (number | string)[], { opset?: number }, readonly Pass[], string[]]
  >([
    [
      'two Transposes',
      (g, x) => g.op('Transpose', [g.op('Transpose', [x], { perm: [2, 0, 1] })], { perm: [1, 0, 2] }),
      [2, 3, 4],
      {},
      [mergeTransposes],
      ['Transpose'],
    ],
    [
      'Transpose of size-1 axes',
      (g, x) => g.op('Transpose', [x], { perm: [1, 0, 2] }),
      [1, 3, 4],
      {},
      [transposeToReshape],
      ['Reshape'],
    ],
    [
      'views',
      (g, x) => g.op('Flatten', [g.op('Unsqueeze', [x, g.constant(i64(1))])]),
      ['n', 3, 4],
      {},
      [mergeViews],
      ['Reshape'],
    ],
    [
      'Squeeze of Unsqueeze',
      (g, x) => g.op('Squeeze', [g.op('Unsqueeze', [x], { axes: [0] })], { axes: [0] }),
      [2, 3],
      { opset: 11 },
      [mergeViews, removeNoOpMovement],
      [],
    ],
    [
      'Slices of two axes',
      (g, x) =>
        g.op('Slice', [
          g.op('Slice', [x, g.constant(i64(1)), g.constant(i64(9)), g.constant(i64(0))]),
          g.constant(i64(0)),
          g.constant(i64(2)),
          g.constant(i64(2)),
          g.constant(i64(1)),
        ]),
      [3, 3, 4],
      {},
      [mergeSlices],
      ['Slice'],
    ],
    [
      'Slices of one axis',
      (g, x) =>
        g.op('Slice', [
          g.op('Slice', [x, g.constant(i64(2)), g.constant(i64(9)), g.constant(i64(0))]),
          g.constant(i64(1)),
          g.constant(i64(3)),
          g.constant(i64(0)),
        ]),
      [8, 2],
      {},
      [mergeSlices],
      ['Slice'],
    ],
    [
      'Slices that tile an axis',
      (g, x) => {
        const cut = (from: number, to: number) =>
          g.op('Slice', [x, g.constant(i64(from)), g.constant(i64(to)), g.constant(i64(-1))])
        return g.op('Concat', [cut(4, 99), cut(0, 1), cut(1, 4)], { axis: 1 })
      },
      [2, 6],
      {},
      [slicesToSplit],
      ['Split', 'Concat'],
    ],
    [
      'Slices that tile an axis, opset 11',
      (g, x) => {
        const cut = (from: number, to: number) =>
          g.op('Slice', [x, g.constant(i64(from)), g.constant(i64(to)), g.constant(i64(0))])
        return g.op('Sub', [cut(0, 3), cut(-3, 6)])
      },
      [6, 2],
      { opset: 11 },
      [slicesToSplit],
      ['Split', 'Sub'],
    ],
    [
      'Slices with a gap stay',
      (g, x) =>
        g.op(
          'Concat',
          [
            g.op('Slice', [x, g.constant(i64(0)), g.constant(i64(2))]),
            g.op('Slice', [x, g.constant(i64(3)), g.constant(i64(6))]),
          ],
          { axis: 0 },
        ),
      [6, 2],
      {},
      [slicesToSplit],
      ['Slice', 'Slice', 'Concat'],
    ],
    [
      'Concats',
      (g, x) => g.op('Concat', [g.op('Concat', [x, x], { axis: 1 }), x], { axis: -1 }),
      [2, 3],
      {},
      [mergeConcats],
      ['Concat'],
    ],
    [
      'Relu and Clip',
      (g, x) => g.op('Clip', [g.op('Relu', [g.op('Neg', [x])]), g.constant(f32([-1], [])), g.constant(f32([0.5], []))]),
      [2, 3],
      {},
      [mergeClips],
      ['Neg', 'Clip'],
    ],
    [
      'Clips by attribute',
      (g, x) => g.op('Clip', [g.op('Clip', [g.op('Neg', [x])], { min: -0.25, max: 3.5 })], { min: 0.125, max: 0.5 }),
      [2, 3],
      { opset: 10 },
      [mergeClips],
      ['Neg', 'Clip'],
    ],
    [
      'bool through int32 to int64',
      (g, x) =>
        g.op(
          'Cast',
          [g.op('Cast', [g.op('Cast', [g.op('Greater', [x, g.constant(f32([0.5]))])], { to: 6 })], { to: 7 })],
          { to: 1 },
        ),
      [2, 3],
      {},
      [mergeCasts],
      ['Greater', 'Cast'],
    ],
    [
      'parts of a Split',
      (g, x) => {
        const split = g.node('Split', [x], { axis: 1 }, 2)
        return g.op('Concat', [split.outputs[0], split.outputs[1]], { axis: 1 })
      },
      [2, 4],
      { opset: 13 },
      [joinSplitParts],
      [],
    ],
    [
      'Transposes around pointwise work',
      (g, x) => {
        const t = g.op('Transpose', [x], { perm: [0, 2, 3, 1] })
        const biased = g.op('Add', [t, g.constant(f32([0.5, -1, 2]))])
        return g.op('Transpose', [g.op('Clip', [biased, g.constant(f32([0], []))])], { perm: [0, 3, 1, 2] })
      },
      [1, 3, 2, 2],
      {},
      [sinkTranspose, mergeTransposes, removeNoOpTranspose],
      ['Add', 'Clip'],
    ],
    [
      'two transposed operands',
      (g, x) => {
        const [a, b] = [
          g.op('Transpose', [x], { perm: [1, 0] }),
          g.op('Transpose', [g.op('Exp', [x])], { perm: [1, 0] }),
        ]
        return g.op('Mul', [a, b])
      },
      [2, 3],
      {},
      [sinkTranspose],
      ['Exp', 'Mul', 'Transpose'],
    ],
  ])('%s', async (_, make, dims, options, passes, left) => {
    const { ops } = await expectEquivalent(holder.runtime, between(make, dims), {
      passes,
      ...options,
      symbols: new Map([['n', 3]]),
    })
    expect([...ops].sort()).toEqual(['Relu', 'Neg', ...left].sort())
  })

  test('a Transpose with two consumers does not sink', async () => {
    const build = (g: GraphBuilder) => {
      const t = g.op('Transpose', [g.input('x', 'float32', [2, 3])], { perm: [1, 0] })
      g.output(g.op('Relu', [t]), 'a')
      g.output(g.op('Exp', [t]), 'b')
    }
    expect((await expectEquivalent(holder.runtime, build, { passes: [sinkTranspose] })).fired).toEqual([])
  })
})
