import { convolutionGeometry } from '../convolution-layer.js'
import { type Block, nodesOf } from './block.js'

/**
 * A block as earlier decisions have left it: the same nodes, with the sizes that they have now. undefined: some of them are gone.
 * It is not looked for anew, since what is around it may look like a part of it by now.
 */
export function presentBlock(before: Block): Block | undefined {
  if (!nodesOf(before).every((node) => node.isLive)) return undefined
  const first = (before.expand ?? before.depthwise).convolution
  const [input, middle, output] = [
    first,
    before.depthwise.convolution,
    (before.project ?? before.depthwise).convolution,
  ].map(convolutionGeometry)
  if (input === undefined || middle === undefined || output === undefined) return undefined
  const { kernel, strides, dilations } = middle
  return {
    ...before,
    input: first.inputs[0]!,
    sizes: { in: input.inChannels, middle: middle.outChannels, out: output.outChannels, kernel, strides, dilations },
  }
}
