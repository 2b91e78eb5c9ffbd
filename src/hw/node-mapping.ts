import type { Node } from '../ir/graph.js'
import type { Trait } from '../ir/ops/define.js'
import { type ConcreteSizes, product } from './concrete-sizes.js'
import type { ArrayMapping } from './cycles/mapping.js'
import type { Operands } from './operands.js'
import type { KernelKind } from './shape.js'

/** Nodes of a graph as the dense algebra that an array would see. */
export class NodeMapping {
  readonly #sizes: ConcreteSizes
  readonly #operands: Operands

  constructor(sizes: ConcreteSizes, operands: Operands) {
    this.#sizes = sizes
    this.#operands = operands
  }

  /** Dense algebra as positions x taps x channels, read off the operands' shapes; undefined: none. */
  mapping(node: Node, traits: readonly Trait[]): ArrayMapping | undefined {
    const out = this.#sizes.dims(node.outputs[0], node)
    if (out === undefined) return undefined
    if (traits.includes('convolution') && out.length > 2) return this.#convolution(node, out)
    if (!traits.includes('matmul')) return undefined
    const macs = this.#sizes.macs(node)
    const outElements = product(out)
    if (macs === 0 || outElements === 0) return undefined
    const outChannels = out.at(-1) ?? 1
    return {
      positions: outElements / outChannels,
      taps: 1,
      groups: 1,
      inChannels: Math.max(1, Math.round(macs / outElements)),
      outChannels,
    }
  }

  #convolution(node: Node, out: readonly number[]): ArrayMapping | undefined {
    const w = this.weightDims(node, ['convolution'])
    const x = this.#sizes.dims(node.inputs[0], node)
    if (w === undefined || x === undefined) return undefined
    const groups = Math.max(1, this.#sizes.int(node, 'group', 1))
    const taps = product(w.slice(2))
    if (node.opType.startsWith('ConvTranspose')) {
      // Every input position is multiplied with every tap: w is [C, M/group, k...].
      return { positions: product(x) / x[1]!, taps, groups, inChannels: w[0]! / groups, outChannels: w[1]! }
    }
    return { positions: product(out) / out[1]!, taps, groups, inChannels: w[1]!, outChannels: w[0]! / groups }
  }

  /** The filters of a convolution, whether constant or not; of other nodes the constant matrix. */
  weightDims(node: Node, traits: readonly Trait[]): readonly number[] | undefined {
    const isConvolution = traits.includes('convolution')
    const least = isConvolution ? 3 : 2
    for (const [i, input] of node.inputs.entries()) {
      const isWeight =
        isConvolution || (input !== undefined && this.#operands.tensorOf(this.#operands.source(input)) !== undefined)
      const dims = i > 0 && isWeight ? this.#sizes.dims(input, node) : undefined
      if (dims !== undefined && dims.length >= least) return dims
    }
    return undefined
  }
}

/** What a node does, as far as cost models tell. */
export function kindOf(
  traits: readonly Trait[],
  mapping: ArrayMapping | undefined,
  isOpaque: boolean,
  node: Node,
): KernelKind {
  if (isOpaque) return 'opaque'
  if (traits.includes('convolution')) {
    if (node.opType.startsWith('ConvTranspose')) return 'transposed-convolution'
    return mapping !== undefined && mapping.groups > 1 && mapping.inChannels === 1 ? 'depthwise' : 'convolution'
  }
  if (traits.includes('recurrent')) return 'recurrent'
  if (traits.includes('attention')) return 'attention'
  if (traits.includes('matmul')) return 'matmul'
  if (traits.includes('pool')) return 'pool'
  return traits.includes('movement') ? 'movement' : 'vector'
}
