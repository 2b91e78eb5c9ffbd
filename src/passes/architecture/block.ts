import type { Node, Value } from '../../ir/graph.js'
import type { LinearStage } from './linear-stage.js'

/**
 * - inverted-bottleneck: 1x1 expand, depthwise, 1x1 project
 * - separable: depthwise, 1x1
 * - depthwise: a depthwise convolution that no 1x1 follows
 */
export type BlockKind = 'inverted-bottleneck' | 'separable' | 'depthwise'

/** Channels, and what the depthwise window does; lists have one entry per spatial axis. */
export interface BlockSizes {
  readonly in: number
  /** Of the depthwise convolution. */
  readonly middle: number
  readonly out: number
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
}

/** What lies between two stages, in order: the pointwise nodes of an activation. */
export type Activation = readonly Node[]

/** A part of a graph around a depthwise convolution, as it was when it was found. */
export interface Block {
  readonly kind: BlockKind
  /** Place in execution order among the inverted bottlenecks, from 0; undefined for blocks of other kinds. */
  readonly index: number | undefined
  /** Name of its first node, or of that node's first output where nodes have no names. */
  readonly name: string
  readonly input: Value
  /** The residual sum where there is one, else the output of the last stage. */
  readonly output: Value
  readonly expand: LinearStage | undefined
  /** Between expand and depthwise. */
  readonly expandActivation: Activation
  readonly depthwise: LinearStage
  /** Between depthwise and project, the squeeze-and-excitation apart. */
  readonly depthwiseActivation: Activation
  /** Nodes that compute a gate for each channel and apply it; empty without. */
  readonly squeezeExcite: readonly Node[]
  readonly project: LinearStage | undefined
  /** The Add of the block's input. */
  readonly residual: Node | undefined
  readonly sizes: BlockSizes
  /** Kind, window, activation, ratio of output to input channels and place among the like: finds it in a sibling model. */
  readonly signature: string
}

/** A block before it has a place among the others. */
export type BlockDraft = Omit<Block, 'index' | 'signature'>

/** All nodes of a block, convolutions first. */
export const nodesOf = (block: Omit<Block, 'index' | 'signature'>): Node[] => [
  ...[block.expand, block.depthwise, block.project].flatMap((stage) =>
    stage === undefined ? [] : [stage.convolution, ...stage.affines],
  ),
  ...block.expandActivation,
  ...block.depthwiseActivation,
  ...block.squeezeExcite,
  ...(block.residual === undefined ? [] : [block.residual]),
]

export const nodeName = (node: Node): string => node.name || node.outputs.find((value) => value !== undefined)!.name
