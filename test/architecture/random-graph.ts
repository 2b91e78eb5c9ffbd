import type { GraphBuilder } from '../../src/ir/build.js'
import type { Value } from '../../src/ir/graph.js'
import { attr } from '../../src/ir/patch.js'
import { Tensor, volume } from '../../src/ir/tensor.js'
import { dimsOf } from '../../src/ir/type.js'
import { SeededRandom } from '../../src/runtime/random.js'

/** Opsets between which the operators used here changed. */
export const opsets = [12, 13, 17, 21] as const

/**
 * Grows a random network of feature maps [1, C, H, W] out of the operators that couple channels in their own ways, and ends it
 * in one to three heads. Small sizes, all kinds of joins: what one step makes, any later one may take.
 */
export class RandomGraph {
  readonly #g: GraphBuilder
  readonly #random: SeededRandom
  readonly #opset: number
  readonly #maps: Value[] = []

  constructor(g: GraphBuilder, seed: number, opset: number) {
    this.#g = g
    this.#random = new SeededRandom(seed)
    this.#opset = opset
  }

  build(steps: number): void {
    const input = this.#g.input('x', 'float32', [1, 3, 6, 6])
    this.#maps.push(this.conv(input, this.#channels()))
    for (let i = 0; i < steps; i++) {
      const kind = stepKinds[this.#random.integer(0, stepKinds.length - 1)]!
      const made = this.#step(kind, this.#pick())
      this.#maps.push(...made.filter(isHandy))
    }
    const heads = this.#random.integer(1, 3)
    for (let i = 0; i < heads; i++) this.#g.output(this.#head(i === 0 ? this.#maps.at(-1)! : this.#pick()), `y${i}`)
  }

  #pick = (): Value => this.#maps[this.#random.integer(0, this.#maps.length - 1)]!
  #channels = (): number => 2 * this.#random.integer(2, 8)
  #constant = (dims: readonly number[], low = -1, high = 1): Value =>
    this.#g.constant(
      Tensor.float32(
        Array.from({ length: volume(dims) }, () => low + this.#random.uniform() * (high - low)),
        dims,
      ),
      'w',
    )
  #ints = (...values: number[]): Value => this.#g.constant(Tensor.int64(values), 'ints')

  conv(x: Value, out: number, kernel = 1, group = 1): Value {
    const channels = shape(x)[1]!
    const weight = this.#constant([out, channels / group, kernel, kernel])
    const bias = this.#random.uniform() < 0.5 ? [this.#constant([out])] : []
    const pad = (kernel - 1) / 2
    return this.#g.op('Conv', [x, weight, ...bias], { group, pads: attr.ints([pad, pad, pad, pad]) })
  }

  #step(kind: (typeof stepKinds)[number], x: Value): readonly Value[] {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const g = this.#g
    switch (kind) {
      case 'conv':
        return [this.conv(x, this.#channels(), this.#random.uniform() < 0.5 ? 3 : 1)]
      case 'depthwise':
        return [this.conv(x, channels * this.#random.integer(1, 2), 3, channels)]
      case 'grouped': {
        const group = this.#divisor(channels)
        return [this.conv(x, group * this.#random.integer(1, 3), 1, group)]
      }
      case 'transposed': {
        const group = this.#random.uniform() < 0.5 ? 1 : this.#divisor(channels)
        const weight = this.#constant([channels, this.#random.integer(1, 4), 2, 2])
        return [g.op('ConvTranspose', [x, weight], { group })]
      }
      case 'batch-norm': {
        const vectors = [0, 1, 2].map(() => this.#constant([channels]))
        return [g.op('BatchNormalization', [x, ...vectors, this.#constant([channels], 0.5, 2)])]
      }
      case 'activation':
        return [g.op(['Relu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'LeakyRelu'][this.#random.integer(0, 4)]!, [x])]
      case 'prelu':
        return [g.op('PRelu', [x, this.#constant(this.#random.uniform() < 0.5 ? [channels, 1, 1] : [1])])]
      case 'constant':
        return [g.op(['Add', 'Mul', 'Sub'][this.#random.integer(0, 2)]!, [x, this.#constant([1, channels, 1, 1])])]
      case 'residual':
        return [g.op('Add', [x, this.#alike(x)])]
      case 'gate':
        return [g.op('Mul', [x, g.op('Sigmoid', [this.#alike(x)])])]
      case 'squeeze-excite':
        return [this.#squeezeExcite(x)]
      case 'concat': {
        const other = this.#alike(x, this.#channels())
        return [g.op('Concat', [x, other, ...(this.#random.uniform() < 0.3 ? [x] : [])], { axis: 1 })]
      }
      case 'split':
        return this.#split(x)
      case 'slice': {
        const start = this.#random.integer(0, channels - 2)
        const end = this.#random.integer(start + 1, channels)
        const bounds =
          this.#random.uniform() < 0.5 ? [start, end] : [start - channels, end === channels ? 2 ** 31 : end]
        return [g.op('Slice', [x, ...bounds.map((at) => this.#ints(at)), this.#ints(1)])]
      }
      case 'pad-space':
        return [g.op('Pad', [x, this.#ints(0, 0, 1, 1, 0, 0, 1, 0)])]
      case 'pad-channels':
        return [g.op('Pad', [x, this.#ints(0, this.#random.integer(0, 2), 0, 0, 0, this.#random.integer(1, 3), 0, 0)])]
      case 'resize':
        return [g.op('Resize', [x, undefined, g.constant(Tensor.float32([1, 1, 2, 2]))].map(this.#emptyRoi), {})]
      case 'resize-sizes':
        return [
          g.op('Resize', [x, undefined, undefined, this.#ints(1, channels, height + 1, width)].map(this.#emptyRoi), {}),
        ]
      case 'shuffle':
        return [this.#shuffle(x, this.#divisor(channels))]
      case 'depth-to-space':
        return [this.#depthToSpace(x)]
      case 'space-to-depth':
        return height % 2 === 0 && width % 2 === 0 ? [g.op('SpaceToDepth', [x], { blocksize: 2 })] : []
      case 'pool':
        return [
          this.#random.uniform() < 0.5
            ? g.op('MaxPool', [x], { kernel_shape: attr.ints([2, 2]) })
            : g.op('AveragePool', [x], { kernel_shape: attr.ints([2, 2]) }),
        ]
      case 'instance-norm':
        return [g.op('InstanceNormalization', [x, this.#constant([channels]), this.#constant([channels])])]
      case 'layer-norm':
        return this.#opset < 17 ? [] : [this.#layerNorm(x)]
      case 'group-norm':
        return this.#opset < 21 ? [] : [this.#groupNorm(x)]
      case 'pointwise-matmul':
        return [this.#pointwiseMatMul(x)]
      case 'attention':
        return [this.#attention(x)]
      case 'feed-forward':
        return [this.#feedForward(x)]
      case 'recurrent':
        return [this.#recurrent(x)]
      case 'einsum': {
        const weight = this.#constant([channels, this.#channels()])
        return [g.op('Einsum', [x, weight], { equation: 'nchw,ck->nkhw' })]
      }
      case 'expand':
        return [this.#expand(x)]
      case 'batched-groups':
        return [this.#batchedGroups(x)]
      case 'channel-softmax':
        return [g.op('Softmax', [x], { axis: 1 })]
      case 'unknown':
        return this.#opset < 14 ? [] : [g.op('Trilu', [x])]
    }
  }

  /** Before opset 13 an omitted roi was an error. */
  #emptyRoi = (value: Value | undefined, i: number): Value | undefined =>
    value ?? (this.#opset < 13 ? this.#g.constant(Tensor.float32([]), i === 1 ? 'roi' : 'scales') : undefined)

  /** A map of the same sizes: one that is there, or one made by a convolution of the same space. */
  #alike(x: Value, out = shape(x)[1]!): Value {
    const same = this.#maps.filter(
      (value) => value !== x && shape(value).join() === [1, out, ...shape(x).slice(2)].join(),
    )
    if (same.length > 0) return same[this.#random.integer(0, same.length - 1)]!
    const inSpace = this.#maps.filter((value) => shape(value).slice(2).join() === shape(x).slice(2).join())
    return this.conv(inSpace[this.#random.integer(0, inSpace.length - 1)] ?? x, out)
  }

  #divisor(size: number): number {
    const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((at) => size % at === 0 && at > 1)
    return divisors[this.#random.integer(0, divisors.length - 1)] ?? 1
  }

  #mean(x: Value, axes: readonly number[], keepdims: number): Value {
    return this.#opset < 18
      ? this.#g.op('ReduceMean', [x], { axes: attr.ints(axes), keepdims })
      : this.#g.op('ReduceMean', [x, this.#ints(...axes)], { keepdims })
  }

  #squeezeExcite(x: Value): Value {
    const channels = shape(x)[1]!
    const pooled = this.#random.uniform() < 0.5 ? this.#g.op('GlobalAveragePool', [x]) : this.#mean(x, [2, 3], 1)
    const hidden = this.#g.op('Relu', [this.conv(pooled, this.#random.integer(2, 4))])
    return this.#g.op('Mul', [x, this.#g.op('HardSigmoid', [this.conv(hidden, channels)])])
  }

  #split(x: Value): readonly Value[] {
    const channels = shape(x)[1]!
    const isEven = channels % 2 === 0 && this.#random.uniform() < 0.6
    const first = isEven ? channels / 2 : this.#random.integer(1, channels - 1)
    const sizes = [first, channels - first]
    const implied = this.#opset >= 18 ? { num_outputs: 2 } : {}
    const node =
      this.#opset < 13
        ? this.#g.node('Split', [x], { axis: 1, ...(isEven ? {} : { split: attr.ints(sizes) }) }, 2)
        : this.#g.node('Split', isEven ? [x] : [x, this.#ints(...sizes)], { axis: 1, ...(isEven ? implied : {}) }, 2)
    return node.outputs as Value[]
  }

  #shuffle(x: Value, groups: number): Value {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const apart = this.#g.op('Reshape', [x, this.#ints(1, groups, channels / groups, height, width)])
    const turned = this.#g.op('Transpose', [apart], { perm: attr.ints([0, 2, 1, 3, 4]) })
    return this.#g.op('Reshape', [
      turned,
      this.#random.uniform() < 0.5 ? this.#ints(0, -1, height, width) : this.#ints(1, channels, height, width),
    ])
  }

  #depthToSpace(x: Value): Value {
    const wide = this.conv(x, 4 * this.#random.integer(1, 3))
    return this.#g.op('DepthToSpace', [wide], { blocksize: 2, mode: this.#random.uniform() < 0.5 ? 'DCR' : 'CRD' })
  }

  #channelsLast = (x: Value): Value => this.#g.op('Transpose', [x], { perm: attr.ints([0, 2, 3, 1]) })
  #channelsFirst = (x: Value): Value => this.#g.op('Transpose', [x], { perm: attr.ints([0, 3, 1, 2]) })

  #layerNorm(x: Value): Value {
    const channels = shape(x)[1]!
    const parameters = [this.#constant([channels]), this.#constant([channels])]
    return this.#channelsFirst(this.#g.op('LayerNormalization', [this.#channelsLast(x), ...parameters]))
  }

  #groupNorm(x: Value): Value {
    const channels = shape(x)[1]!
    const parameters = [this.#constant([channels]), this.#constant([channels])]
    return this.#g.op('GroupNormalization', [x, ...parameters], { num_groups: this.#divisor(channels) })
  }

  #pointwiseMatMul(x: Value): Value {
    const weight = this.#constant([shape(x)[1]!, this.#channels()])
    return this.#channelsFirst(this.#g.op('MatMul', [this.#channelsLast(x), weight]))
  }

  /** [1, C, H, W] -> [1, H W, C]. */
  #tokens(x: Value): Value {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const flat = this.#g.op('Reshape', [x, this.#ints(1, channels, height * width)])
    return this.#g.op('Transpose', [flat], { perm: attr.ints([0, 2, 1]) })
  }

  #untokens(tokens: Value, height: number, width: number): Value {
    const turned = this.#g.op('Transpose', [tokens], { perm: attr.ints([0, 2, 1]) })
    return this.#g.op('Reshape', [turned, this.#ints(0, 0, height, width)])
  }

  /** Heads folded into the width; queries, keys and values from one matrix or three. */
  #attention(x: Value): Value {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const [heads, size, length] = [this.#random.integer(1, 3), this.#random.integer(2, 4), height * width]
    const tokens = this.#tokens(x)
    const apart = (value: Value, perm: readonly number[]) =>
      this.#g.op('Transpose', [this.#g.op('Reshape', [value, this.#ints(1, length, heads, size)])], {
        perm: attr.ints(perm),
      })
    const projected =
      this.#random.uniform() < 0.5
        ? this.#joint(tokens, heads * size)
        : [0, 1, 2].map(() => this.#dense(tokens, heads * size))
    const [q, k, v] = projected as [Value, Value, Value]
    const scores = this.#g.op('MatMul', [apart(q, [0, 2, 1, 3]), apart(k, [0, 2, 3, 1])])
    const mixed = this.#g.op('MatMul', [this.#g.op('Softmax', [scores], { axis: 3 }), apart(v, [0, 2, 1, 3])])
    const joined = this.#g.op('Reshape', [
      this.#g.op('Transpose', [mixed], { perm: attr.ints([0, 2, 1, 3]) }),
      this.#ints(1, length, this.#random.uniform() < 0.5 ? -1 : heads * size),
    ])
    return this.#g.op('Add', [x, this.#untokens(this.#dense(joined, channels), height, width)])
  }

  /** One matrix for queries, keys and values, split afterwards. */
  #joint(tokens: Value, width: number): readonly Value[] {
    const all = this.#dense(tokens, 3 * width)
    if (this.#opset < 13) return this.#g.node('Split', [all], { axis: 2 }, 3).outputs as Value[]
    return this.#g.node('Split', [all, this.#ints(width, width, width)], { axis: -1 }, 3).outputs as Value[]
  }

  #dense(tokens: Value, out: number): Value {
    const product = this.#g.op('MatMul', [tokens, this.#constant([shape(tokens)[2]!, out])])
    return this.#g.op('Add', [product, this.#constant([out])])
  }

  #feedForward(x: Value): Value {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const hidden = this.#g.op('Erf', [this.#dense(this.#tokens(x), this.#channels())])
    return this.#g.op('Add', [x, this.#untokens(this.#dense(hidden, channels), height, width)])
  }

  /** LSTM or GRU over the positions, one direction or both. */
  #recurrent(x: Value): Value {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const [hidden, directions] = [this.#random.integer(2, 5), this.#random.integer(1, 2)]
    const [type, gates] = this.#random.uniform() < 0.5 ? (['LSTM', 4] as const) : (['GRU', 3] as const)
    const sequence = this.#g.op('Transpose', [this.#tokens(x)], { perm: attr.ints([1, 0, 2]) })
    const weights = [
      [directions, gates * hidden, channels],
      [directions, gates * hidden, hidden],
      [directions, 2 * gates * hidden],
    ].map((dims) => this.#constant(dims))
    const all = this.#g.node(type, [sequence, ...weights], {
      hidden_size: hidden,
      direction: directions === 1 ? 'forward' : 'bidirectional',
    })
    // [T, D, 1, H] -> [1, T, D H]
    const turned = this.#g.op('Transpose', [all.outputs[0]], { perm: attr.ints([2, 0, 1, 3]) })
    const joined = this.#g.op('Reshape', [turned, this.#ints(1, height * width, directions * hidden)])
    return this.#untokens(joined, height, width)
  }

  /** A pooled vector, spread over space and added. */
  #expand(x: Value): Value {
    const pooled = this.conv(this.#g.op('GlobalMaxPool', [x]), shape(x)[1]!)
    return this.#g.op('Mul', [x, this.#g.op('Expand', [pooled, this.#ints(...shape(x))])])
  }

  /** Groups of channels as a batch: (g c) -> batch g, a convolution, and back. */
  #batchedGroups(x: Value): Value {
    const [, channels, height, width] = shape(x) as [number, number, number, number]
    const groups = this.#divisor(channels)
    const apart = this.#g.op('Reshape', [x, this.#ints(groups, channels / groups, height, width)])
    const out = this.#random.integer(1, 4)
    return this.#g.op('Reshape', [this.conv(apart, out), this.#ints(1, groups * out, height, width)])
  }

  #head(x: Value): Value {
    const kind = this.#random.integer(0, 3)
    const g = this.#g
    if (kind === 0) return this.conv(x, 3)
    const flat =
      kind === 1
        ? g.op('Flatten', [x])
        : kind === 2
          ? g.op('Flatten', [g.op('GlobalAveragePool', [x])])
          : this.#mean(x, [2, 3], 0)
    const width = shape(flat)[1]!
    return this.#random.uniform() < 0.5
      ? g.op('Gemm', [flat, this.#constant([5, width]), this.#constant([5])], { transB: 1 })
      : g.op('MatMul', [flat, this.#constant([width, 5])])
  }
}

const stepKinds = [
  'conv',
  'depthwise',
  'grouped',
  'transposed',
  'batch-norm',
  'activation',
  'prelu',
  'constant',
  'residual',
  'gate',
  'squeeze-excite',
  'concat',
  'split',
  'slice',
  'pad-space',
  'pad-channels',
  'resize',
  'resize-sizes',
  'shuffle',
  'depth-to-space',
  'space-to-depth',
  'pool',
  'instance-norm',
  'layer-norm',
  'group-norm',
  'pointwise-matmul',
  'attention',
  'feed-forward',
  'recurrent',
  'einsum',
  'expand',
  'batched-groups',
  'channel-softmax',
  'unknown',
] as const

/** Small enough to be quick, and large enough for every window. */
function isHandy(value: Value): boolean {
  const [, channels, height, width] = shape(value) as [number, number, number, number]
  return channels >= 2 && channels <= 40 && height >= 2 && width >= 2 && channels * height * width <= 4096
}

function shape(value: Value): readonly number[] {
  const dims = dimsOf(value.type)
  if (dims === undefined || !dims.every((dim) => typeof dim === 'number'))
    throw new Error(`"${value.name}" is not static`)
  return dims as number[]
}
