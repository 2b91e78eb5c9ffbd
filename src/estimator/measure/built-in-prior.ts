import type { Attribute } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import type { KernelSpec, Operand } from './kernel-spec.js'
import type { Prior } from './prior.js'

const data = (...dims: number[]): Operand => ({ role: 'data', dtype: 'float32', dims })
const weights = (...dims: number[]): Operand => ({ role: 'weights', dtype: 'float32', dims })

/** Kernels of usual mobile networks, for when no models are given: convolutions, classifiers, pools, elementwise work, recurrences. */
export function builtInPrior(prior: Prior): void {
  const add = (opType: string, inputs: readonly Operand[], attributes: Readonly<Record<string, Attribute>> = {}) => {
    const spec: KernelSpec = {
      domain: '',
      opType,
      opsets: new Map([['', 17]]),
      attributes: new Map(Object.entries(attributes)),
      inputs,
      outputs: [true],
    }
    prior.add(spec, 1, 'built-in')
  }
  for (const size of [7, 14, 28, 56, 112]) {
    // Early stages are large and narrow, late ones small and wide.
    for (const channels of [8, 16, 32, 64, 128, 256].filter((each) => each * size * size <= 1 << 19)) {
      const x = data(1, channels, size, size)
      for (const kernel of [1, 3, 5]) {
        const pads = attr.ints(new Array<number>(4).fill((kernel - 1) / 2))
        for (const out of [channels, 2 * channels])
          add('Conv', [x, weights(out, channels, kernel, kernel), weights(out)], { pads })
        if (kernel === 1) continue
        for (const stride of [1, 2]) {
          const group = attr.int(channels)
          add('Conv', [x, weights(channels, 1, kernel, kernel), weights(channels)], {
            pads,
            group,
            strides: attr.ints([stride, stride]),
          })
        }
      }
      for (const type of ['Add', 'Mul', 'Concat']) add(type, [x, x], type === 'Concat' ? { axis: attr.int(1) } : {})
      for (const type of ['Relu', 'Sigmoid', 'GlobalAveragePool']) add(type, [x])
      add('MaxPool', [x], {
        kernel_shape: attr.ints([3, 3]),
        strides: attr.ints([2, 2]),
        pads: attr.ints([1, 1, 1, 1]),
      })
      add('Transpose', [x], { perm: attr.ints([0, 2, 3, 1]) })
      add('Softmax', [data(channels, size * size)], { axis: attr.int(-1) })
    }
  }
  for (const rows of [1, 16, 128]) {
    for (const [inner, columns] of [
      [64, 256],
      [256, 64],
      [256, 1024],
      [1280, 1000],
    ] as const)
      add('Gemm', [data(rows, inner), weights(inner, columns), weights(columns)])
  }
  for (const [type, gates] of [
    ['LSTM', 4],
    ['GRU', 3],
  ] as const) {
    for (const hidden of [32, 128])
      add(type, [data(20, 1, 64), weights(1, gates * hidden, 64), weights(1, gates * hidden, hidden)], {
        hidden_size: attr.int(hidden),
      })
  }
}
