import type { Node, Value } from '../../ir/graph.js'
import { type ConvolutionLayer, convolutionLayer, scaledLayer } from '../convolution-layer.js'
import { isSkip } from '../define.js'
import { type ChannelAffine, channelAffine, spread } from '../exact/channel-affine.js'

/** A convolution with what follows it by channel alone: BatchNormalization, or Mul and Add of constants. */
export interface LinearStage {
  readonly convolution: Node
  readonly affines: readonly Node[]
  /** What the last of them gives. */
  readonly output: Value
}

/** The stage that a convolution begins, as far as nobody else takes what is in between. */
export function stageOf(convolution: Node): LinearStage {
  const affines: Node[] = []
  let output = convolution.outputs[0]!
  for (;;) {
    const node = output.soleUser
    if (node === undefined || node.graph !== convolution.graph || affineOf(node, output) === undefined) break
    affines.push(node)
    output = node.outputs[0]!
  }
  return { convolution, affines, output }
}

/** The stage as one convolution; undefined when its weights are not constant. */
export function layerOfStage({ convolution, affines }: LinearStage): ConvolutionLayer | undefined {
  const layer = convolutionLayer(convolution)
  return layer === undefined ? undefined : withAffines(layer, affines)
}

/** The layer followed by per-channel maps. */
export function withAffines(layer: ConvolutionLayer, affines: readonly Node[]): ConvolutionLayer {
  return affines.reduce((scaled, node) => {
    const { scale, shift } = affineOf(node)!
    return scaledLayer(scaled, spread(scale, layer.outChannels)!, spread(shift, layer.outChannels)!)
  }, layer)
}

/** A node as per-channel map of `input`, channels on axis 1; undefined when it is none. */
export function affineOf(node: Node, input?: Value): ChannelAffine | undefined {
  const rank = (node.outputs[0]?.type?.kind === 'tensor' ? node.outputs[0].type.dims?.length : undefined) ?? 0
  if (rank < 3) return undefined
  const affine = channelAffine(node, 1, rank)
  if (affine === null || isSkip(affine) || (input !== undefined && affine.input !== input)) return undefined
  return affine
}
