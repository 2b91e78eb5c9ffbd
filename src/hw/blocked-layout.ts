import { dimsOf, dtypeOf } from '../ir/type.js'
import type { BlockedLayout } from './fusion.js'
import type { Activation, Kernel } from './kernel.js'
import type { KernelShape } from './shape.js'
import { flatExtent } from './shape-of.js'

/**
 * Moves kernels into a blocked layout where the rules allow, and adds the reorders at its borders: one for every value
 * that enters, one for every value that leaves.
 */
export function blockLayout(kernels: readonly Kernel[], layout: BlockedLayout): Kernel[] {
  const blocked = new Set<unknown>()
  const inside = new Set<Kernel>()
  for (const kernel of kernels) {
    if (!isBlocked(kernel, layout, blocked)) continue
    inside.add(kernel)
    for (const { value } of kernel.outputs) blocked.add(value)
  }
  const entered = new Set<unknown>()
  const left = new Set<unknown>()
  const result: Kernel[] = []
  for (const kernel of kernels) {
    const isInside = inside.has(kernel)
    for (const input of kernel.inputs) {
      if (isInside && !blocked.has(input.value) && !entered.has(input.value) && !isPlain(kernel, layout)) {
        entered.add(input.value)
        result.push(reorder(kernel, input, layout.enter))
      } else if (!isInside && blocked.has(input.value) && !left.has(input.value)) {
        left.add(input.value)
        result.push(reorder(kernel, input, layout.leave))
      }
    }
    result.push(isInside ? inBlocks(kernel, layout) : kernel)
    for (const output of kernel.outputs) {
      if (isInside && output.value.isGraphOutput && !left.has(output.value)) {
        left.add(output.value)
        result.push(reorder(kernel, output, layout.leave))
      }
    }
  }
  return result
}

/** Whether a kernel runs in the layout; `blocked`: values that are in it already. */
export function isBlocked(kernel: Kernel, layout: BlockedLayout, blocked: ReadonlySet<unknown>): boolean {
  const { shape, inputs, nodes } = kernel
  if (inputs.length === 0 || dtypeOf(inputs[0]!.value.type) !== 'float32') return false
  if (layout.anchors[shape.op] !== undefined) {
    const rank = nodes[0]!.outputs[0]?.type
    if (rank?.kind !== 'tensor' || rank.dims?.length !== 4 || shape.weightBytes === 0) return false
    const { inChannels, groups } = shape
    const isChannelwise = groups > 1 && groups === inChannels && groups === shape.outChannels
    if (groups > 1 && !isChannelwise) return false
    return inChannels % layout.channelMultiple === 0 || (groups === 1 && inChannels < layout.block)
  }
  if (layout.follows[shape.op] === undefined) return false
  if (nodes[0]?.is('Concat')) {
    const isWhole = inputs.every(
      ({ value }) => blocked.has(value) && Number(dimsOf(value.type)?.[1]) % layout.block === 0,
    )
    return isWhole && nodes[0].int('axis') === 1
  }
  return inputs.every(({ value, elements }) => blocked.has(value) && elements === inputs[0]!.elements)
}

/** A dense convolution of few channels takes them as they lie. */
export const isPlain = ({ shape }: Kernel, { block }: BlockedLayout): boolean =>
  shape.groups === 1 && shape.kind === 'convolution' && shape.inChannels < block

/** The kernel with its channels filled up to blocks. */
export function inBlocks(kernel: Kernel, layout: BlockedLayout): Kernel {
  const { shape } = kernel
  const { block } = layout
  const op = layout.anchors[shape.op] ?? layout.follows[shape.op]!
  const up = (channels: number) => (channels > 1 ? Math.ceil(channels / block) * block : channels)
  const inChannels = isPlain(kernel, layout) ? shape.inChannels : up(shape.inChannels)
  const outChannels = up(shape.outChannels)
  const fill = { in: inChannels / shape.inChannels, out: outChannels / shape.outChannels }
  const isChannelwise = shape.groups > 1
  const weights = isChannelwise ? fill.out : fill.in * fill.out
  const padded: KernelShape = {
    ...shape,
    op,
    inChannels,
    outChannels,
    groups: isChannelwise ? outChannels : shape.groups,
    inputBytes: Math.round(shape.inputBytes * fill.in),
    outputBytes: Math.round(shape.outputBytes * fill.out),
    weightBytes: Math.round(shape.weightBytes * weights),
    macs: Math.round(shape.macs * weights),
  }
  return { ...kernel, shape: padded }
}

/** The copy of an activation into the layout or out of it, next to a kernel that needs it. */
export function reorder(kernel: Kernel, activation: Activation, op: string): Kernel {
  const { elements, bytes, value } = activation
  const dims = value.type?.kind === 'tensor' ? value.type.dims : undefined
  const width = Number(dims?.at(-1) ?? 1)
  return {
    name: `${op.split('.').at(-1)} ${value.name}`,
    kind: 'movement',
    nodes: [],
    macs: 0,
    weightBytes: 0,
    inputs: [activation],
    outputs: [activation],
    shape: {
      ...kernel.shape,
      kind: 'movement',
      op,
      precision: 'float32',
      ...flatExtent(elements, elements),
      fused: 0,
      inputBytes: bytes,
      outputBytes: bytes,
      weightBytes: 0,
      macs: 0,
      activations: 2,
      runLength: Number.isNaN(width) ? 1 : elements,
    },
    repeats: kernel.repeats,
  }
}
