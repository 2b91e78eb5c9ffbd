import type { Block } from '../../target.js'
import type { Operand, Operation } from './operation.js'
import type { Layout } from './placement.js'

type Step = readonly [
  arithmetic: Operation['arithmetic'],
  second: 'none' | 'constant' | 'computed',
  input: Layout,
  output: Layout,
]

/** Scale factor and Newton's start for 1 / sum, on one number a row. */
const normalizing: readonly Step[] = [
  ['other', 'none', 'bricks', 'bricks'], // leading zeros of the sum
  ['add', 'constant', 'bricks', 'linear'],
  ['add', 'constant', 'bricks', 'linear'],
  ['other', 'computed', 'bricks', 'linear'], // sum shifted to full width
  ['add', 'constant', 'linear', 'linear'],
  ['other', 'constant', 'linear', 'linear'],
  ['add', 'constant', 'linear', 'linear'],
  ['multiply', 'constant', 'linear', 'linear'],
  ['add', 'constant', 'linear', 'linear'],
]

/** x <- x + 4 x (1 - x d) */
const newton: readonly Step[] = [
  ['multiply', 'computed', 'linear', 'linear'],
  ['add', 'constant', 'linear', 'linear'],
  ['multiply', 'computed', 'linear', 'linear'],
  ['multiply', 'constant', 'linear', 'linear'],
  ['add', 'computed', 'linear', 'linear'],
]

/**
 * The operations of a softmax over `channels` of each of `rows` rows of 8-bit numbers: largest of each row, differences
 * through a table of exp, their sum, its reciprocal by three Newton steps in 32-bit integers, product and shift.
 * Source: the decomposition of Vela 3.10 (ethosu/vela/softmax.py).
 */
export function softmaxOperations(rows: number, channels: number, input: Operand, output: Operand): Operation[] {
  const full: Block = { height: 1, width: rows, channels }
  const single: Block = { height: 1, width: rows, channels: 1 }
  const words = (extent: Block, layout: Layout, home: Operand['home'] = 'sram'): Operand => ({
    extent,
    bits: 32,
    home,
    layout,
  })
  const elementwise = (
    arithmetic: Operation['arithmetic'],
    from: Operand,
    second: Operand | undefined,
    to: Operand,
    tableBytes = 0,
  ): Operation => ({
    unit: 'elementwise',
    arithmetic,
    input: from,
    second,
    output: to,
    kernel: { height: 1, width: 1 },
    stride: { height: 1, width: 1 },
    tableBytes,
  })
  const constant = words({ height: 1, width: 1, channels: 1 }, 'linear', 'dram')
  const largest: Operand = { extent: single, bits: 8, home: 'sram', layout: 'bricks' }
  const steps = [...normalizing, ...newton, ...newton, ...newton, normalizing[7]!]
  return [
    {
      unit: 'pool',
      arithmetic: 'max',
      input: { ...input, extent: { height: rows, width: channels, channels: 1 } },
      second: undefined,
      output: { ...largest, extent: { height: rows, width: 1, channels: 1 } },
      kernel: { height: 1, width: channels },
      stride: { height: 1, width: 1 },
      tableBytes: 0,
    },
    elementwise('add', { ...input, extent: full }, largest, words(full, 'bricks'), 1024),
    elementwise('other', words(full, 'bricks'), constant, words(full, 'linear')),
    {
      unit: 'reduce-sum',
      arithmetic: 'other',
      input: words(full, 'linear'),
      second: undefined,
      output: words(single, 'bricks'),
      kernel: { height: 1, width: 1 },
      stride: { height: 1, width: 1 },
      tableBytes: 0,
    },
    ...steps.map(([arithmetic, second, from, to]) =>
      elementwise(
        arithmetic,
        words(single, from),
        second === 'none' ? undefined : second === 'constant' ? constant : words(single, 'linear'),
        words(single, to),
      ),
    ),
    elementwise('multiply', words(full, 'bricks'), words(single, 'linear'), words(full, 'bricks')),
    elementwise('other', words(full, 'bricks'), words(single, 'linear'), { ...output, extent: full }),
  ]
}
