import { describe, expect, test } from 'vitest'
import { convolutionShape } from '../convolution-shape.js'
import { type ArrayTarget, loadTarget } from '../target.js'
import { kernelCost } from './index.js'

/** MobileNetV2 at 224 (Sandler et al., CVPR 2018, table 2): expansion, output channels, repeats, first stride. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

interface Block {
  readonly inChannels: number
  readonly expanded: number
  readonly size: number
  readonly stride: number
}

function blocks(): Block[] {
  const list: Block[] = []
  let inChannels = 32
  let size = 112
  for (const [expansion, outChannels, repeats, firstStride] of stages) {
    for (let i = 0; i < repeats; i++) {
      const stride = i === 0 ? firstStride : 1
      list.push({ inChannels, expanded: inChannels * expansion, size, stride })
      size /= stride
      inChannels = outChannels
    }
  }
  return list
}

/** Expand (where there is one) and depthwise, against one dense 3x3; the projection is the same in both. */
function compare({ inChannels, expanded, size, stride }: Block, target: ArrayTarget) {
  const expand = convolutionShape({ inChannels, outChannels: expanded, size })
  const depthwise = { inChannels: expanded, outChannels: expanded, groups: expanded, size, stride, kernel: 3 }
  const separate = (expanded === inChannels ? [] : [expand]).concat(convolutionShape(depthwise))
  const fused = kernelCost(convolutionShape({ inChannels, outChannels: expanded, size, stride, kernel: 3 }), target)
  return { separate: separate.reduce((sum, shape) => sum + kernelCost(shape, target).cycles, 0), fused }
}

describe('fused inverted bottlenecks of MobileNetV2 on neural-engine', () => {
  const target = loadTarget('neural-engine') as ArrayTarget
  const compared = blocks().map((block) => compare(block, target))

  test('17 blocks', () => expect(compared).toHaveLength(17))

  test('by hand: block 7 is 14 x 14, 64 to 384', () => {
    // 196 positions x 2 x 12 tiles and 196 x 9 x 24 channel tiles, against 196 x 9 x 2 x 12.
    expect(compared[7]!.separate).toBe(4704 + 1500 + 42336 + 1500)
    expect(compared[7]!.fused.cycles).toBe(42336 + 1500)
  })

  test('fusing blocks 0 to 10 pays, 11 to 16 does not', () => {
    const paying = compared.flatMap(({ separate, fused }, i) => (fused.cycles < separate ? [i] : []))
    expect(paying).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('the weights of the late fused blocks no longer stream in time', () => {
    const bound = compared.flatMap(({ fused }, i) => (fused.bound === 'memory' ? [i] : []))
    expect(bound).toEqual([13, 14, 15, 16])
    for (const i of bound) expect(compared[i]!.fused.memoryCycles).toBeGreaterThan(compared[i]!.fused.computeCycles)
  })
})
