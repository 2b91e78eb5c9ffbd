import { buildModel, type GraphBuilder } from '../../src/ir/build.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { Tensor, volume } from '../../src/ir/tensor.js'
import { SeededRandom } from '../../src/runtime/random.js'

/** What stands between the convolutions of a block. */
export type ActivationForm =
  | 'none'
  | 'Relu'
  | 'Relu6'
  | 'HardSwish'
  | 'HardSwish written out'
  | 'Silu'
  | 'Silu written out'
  | 'PRelu'

export interface BottleneckOptions {
  readonly in: number
  readonly middle: number
  readonly out: number
  readonly size?: number
  readonly kernel?: number
  readonly stride?: number
  readonly dilation?: number
  readonly pad?: number
  readonly activation?: ActivationForm
  /** Whether the convolutions have biases; by default all. */
  readonly expandBias?: boolean
  readonly batchNormalization?: boolean
  readonly squeezeExcite?: 'before activation' | 'after activation'
  readonly residual?: boolean
  /** Without, the block begins with its depthwise convolution. */
  readonly expand?: boolean
  readonly project?: boolean
  /** Range of all biases: an activation is the identity on numbers far enough from its bends. */
  readonly biases?: readonly [number, number]
  /** Weights lie between minus this and this. */
  readonly weights?: number
  readonly seed?: number
}

/** A model x [1, in, size, size] -> y of one inverted bottleneck (or a part of one), every node written out. */
export const bottleneckModel = (options: BottleneckOptions): Model =>
  buildModel(
    (g) => {
      const { size = 9 } = options
      g.output(bottleneck(g, g.input('x', 'float32', [1, options.in, size, size]), options), 'y')
    },
    { opset: 24, irVersion: 10 },
  )

export function bottleneck(g: GraphBuilder, x: Value, options: BottleneckOptions): Value {
  const { in: before, middle, out, kernel = 3, stride = 1, dilation = 1, pad = 1 } = options
  const { activation = 'Relu6', expand = true, project = true, expandBias = true } = options
  const make = new Maker(g, options)
  let value = x
  if (expand) {
    value = make.convolution(value, [middle, before, 1, 1], {}, expandBias)
    value = activate(g, value, activation, middle)
  }
  value = make.convolution(value, [middle, 1, kernel, kernel], {
    group: middle,
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [pad, pad, pad, pad],
  })
  if (options.squeezeExcite === 'before activation') value = make.gated(value, middle)
  if (project || options.squeezeExcite !== undefined) value = activate(g, value, activation, middle)
  if (options.squeezeExcite === 'after activation') value = make.gated(value, middle)
  if (project) value = make.convolution(value, [out, middle, 1, 1])
  return options.residual ? g.op('Add', [value, x]) : value
}

/** Weights, a new draw for each, the same for the same options. */
class Maker {
  readonly #g: GraphBuilder
  readonly #options: BottleneckOptions
  readonly #random: SeededRandom

  constructor(g: GraphBuilder, options: BottleneckOptions) {
    this.#g = g
    this.#options = options
    this.#random = new SeededRandom(options.seed ?? 1)
  }

  convolution(
    x: Value,
    dims: readonly number[],
    attributes: Record<string, number | number[]> = {},
    bias = true,
  ): Value {
    const { weights = 1, biases = [-0.5, 0.5], batchNormalization = false } = this.#options
    const inputs = [x, this.#draw(dims, -weights, weights)]
    if (bias && !batchNormalization) inputs.push(this.#draw([dims[0]!], ...biases))
    const y = this.#g.op('Conv', inputs, attributes)
    if (!batchNormalization) return y
    const channels = [dims[0]!]
    // Without a bias the mean is zero and so is the shift: nothing but a scale.
    const [low, high] = bias ? biases : [0, 0]
    const mean = bias ? 0.1 : 0
    const scale = this.#draw(channels, 0.5, 1.5)
    const parameters = [scale, this.#draw(channels, low, high), this.#draw(channels, -mean, mean)]
    parameters.push(this.#draw(channels, 0.5, 2))
    return this.#g.op('BatchNormalization', [y, ...parameters])
  }

  /** x times a gate that is computed from the means of its channels. */
  gated(x: Value, channels: number): Value {
    const g = this.#g
    const squeezed = Math.max(1, channels / 4)
    const random = (dims: number[]) => this.#draw(dims, -1, 1)
    const mean = g.op('GlobalAveragePool', [x])
    const narrow = g.op('Relu', [g.op('Conv', [mean, random([squeezed, channels, 1, 1]), random([squeezed])])])
    const wide = g.op('Conv', [narrow, random([channels, squeezed, 1, 1]), random([channels])])
    return g.op('Mul', [x, g.op('HardSigmoid', [wide])])
  }

  #draw(dims: readonly number[], low: number, high: number): Value {
    const numbers = Array.from({ length: volume(dims) }, () => low + this.#random.uniform() * (high - low))
    return this.#g.constant(Tensor.float32(numbers, dims))
  }
}

export function activate(g: GraphBuilder, x: Value, form: ActivationForm, channels: number): Value {
  const number = (value: number) => g.constant(Tensor.float32([value], []))
  switch (form) {
    case 'none':
      return x
    case 'Relu':
      return g.op('Relu', [x])
    case 'Relu6':
      return g.op('Clip', [x, number(0), number(6)])
    case 'HardSwish':
      return g.op('HardSwish', [x])
    case 'HardSwish written out': {
      const gate = g.op('Clip', [g.op('Add', [x, number(3)]), number(0), number(6)])
      return g.op('Div', [g.op('Mul', [x, gate]), number(6)])
    }
    case 'Silu':
      return g.op('Swish', [x])
    case 'Silu written out':
      return g.op('Mul', [x, g.op('Sigmoid', [x])])
    case 'PRelu':
      return g.op('PRelu', [x, g.constant(Tensor.float32(new Array<number>(channels).fill(0.25), [channels, 1, 1]))])
  }
}
