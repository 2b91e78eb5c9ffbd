import type { Node } from '../../ir/graph.js'
import { clipBounds } from '../exact/scalar-constant.js'
import type { Activation, BlockDraft, BlockKind } from './block.js'

/**
 * What a block is made of, widths left out save for whether they grow: `ibn 3x3 stride 2 Clip(0,6) growing`. A sibling of
 * other widths, or with its BatchNormalizations folded, has the same.
 */
export function signatureOf(block: BlockDraft): string {
  const { kernel, strides, dilations } = block.sizes
  const words = [shortKinds[block.kind], kernel.join('x')]
  if (strides.some((stride) => stride !== 1)) words.push(`stride ${same(strides)}`)
  if (dilations.some((dilation) => dilation !== 1)) words.push(`dilation ${same(dilations)}`)
  words.push(...new Set([block.expandActivation, block.depthwiseActivation].map(activationText)))
  if (block.squeezeExcite.length > 0) words.push('se')
  words.push(ratio(block))
  return words.filter((word) => word !== '').join(' ')
}

const shortKinds: Readonly<Record<BlockKind, string>> = {
  'inverted-bottleneck': 'ibn',
  separable: 'separable',
  depthwise: 'depthwise',
}

const same = (list: readonly number[]): string => (new Set(list).size === 1 ? String(list[0]) : list.join('x'))

function ratio({ sizes, residual }: BlockDraft): string {
  if (residual !== undefined) return 'residual'
  return sizes.out > sizes.in ? 'growing' : sizes.out < sizes.in ? 'shrinking' : 'level'
}

/** `Clip(0,6)`, `Sigmoid+Mul`; '' for none. */
export const activationText = (nodes: Activation): string => nodes.map(nodeText).join('+')

function nodeText(node: Node): string {
  const bounds = clipBounds(node)
  return bounds === undefined ? node.opType : `${node.opType}(${bounds.join()})`
}
