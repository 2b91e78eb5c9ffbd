import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KernelShape } from '../hw/shape.js'
import { SeededRandom } from '../runtime/random.js'
import { CostTable, type CostTableSpec, type TableKernel } from './cost-table.js'
import { changeKernel } from './kernel-variant.js'

const conv: KernelShape = {
  kind: 'convolution',
  op: 'Conv',
  precision: 'int8',
  batch: 1,
  inChannels: 8,
  inHeight: 4,
  inWidth: 4,
  outChannels: 16,
  outHeight: 4,
  outWidth: 4,
  kernelHeight: 3,
  kernelWidth: 3,
  strideHeight: 1,
  strideWidth: 1,
  groups: 1,
  fused: 1,
  inputBytes: 8 * 16,
  outputBytes: 16 * 16,
  weightBytes: 9 * 8 * 16 + 16,
  macs: 9 * 8 * 16 * 16,
  activations: 2,
  runLength: 0,
}

const figures = ({ macs, inputBytes, outputBytes }: KernelShape) => ({
  latencyMs: 0.25 + macs / 3,
  energyMj: macs / 7 + (inputBytes + outputBytes) / 11,
})

/** A chain of convolutions: choice i is the width of value i + 1, the last choice drops the last kernel. */
function chain(length: number, widthCounts: readonly number[], onCost: () => void = () => {}): CostTableSpec {
  const drop = length
  const width = (option: number) => 4 * (option + 1)
  const kernels: TableKernel[] = Array.from({ length }, (_, i) => {
    const isLast = i === length - 1
    const choices = [...(i === 0 ? [] : [i - 1]), i, ...(isLast ? [drop] : [])]
    return {
      name: `conv${i}`,
      choices,
      repeats: i === 0 ? 3 : 1,
      variant: (options) => {
        if (isLast && options.at(-1) === 1) return undefined
        const [input, output] = i === 0 ? [undefined, options[0]!] : [options[0]!, options[1]!]
        const shape = changeKernel(conv, {
          ...(input === undefined ? {} : { inChannels: width(input) }),
          outChannels: width(output),
        })
        return { shape }
      },
    }
  })
  return {
    optionCounts: [...widthCounts, 2],
    kernels,
    activations: widthCounts.map((_, i) => ({ choices: [i], bytes: ([option]) => 16 * width(option!) })),
    callMs: 0.375,
    peakBytes: (sizes) => sizes.reduce((peak, size, i) => Math.max(peak, size + (sizes[i + 1] ?? 0)), 0),
    cost: ({ shape }) => {
      onCost()
      return figures(shape)
    },
  }
}

/** The same from scratch. */
function direct({ kernels, activations, peakBytes, callMs = 0 }: CostTableSpec, candidate: Uint8Array) {
  let latencyMs = callMs
  let energyMj = 0
  let weightBytes = 0
  for (const { choices, variant, repeats = 1 } of kernels) {
    const found = variant(choices.map((choice) => candidate[choice]!))?.shape
    if (found === undefined) continue
    latencyMs += figures(found).latencyMs * repeats
    energyMj += figures(found).energyMj * repeats
    weightBytes += found.weightBytes
  }
  const sizes = activations.map(({ choices, bytes }) => bytes(choices.map((choice) => candidate[choice]!)))
  return { latencyMs, energyMj, weightBytes, peakBytes: peakBytes(Float64Array.from(sizes)) }
}

const draw = (optionCounts: readonly number[], random: SeededRandom): Uint8Array =>
  Uint8Array.from(optionCounts, (count) => random.integer(0, count - 1))

describe('CostTable', () => {
  it('gives what estimating the kernels directly gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        fc.integer(),
        (counts, seed) => {
          const spec = chain(counts.length, counts)
          const table = new CostTable(spec)
          const random = new SeededRandom(seed)
          for (let i = 0; i < 20; i++) {
            const candidate = draw(spec.optionCounts, random)
            expect(table.score(candidate)).toEqual(direct(spec, candidate))
          }
        },
      ),
    )
  })

  it('gives after an update what a full score gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        fc.integer(),
        (counts, seed) => {
          const spec = chain(counts.length, counts)
          const table = new CostTable(spec)
          const random = new SeededRandom(seed)
          const candidate = draw(spec.optionCounts, random)
          expect(table.start(candidate)).toEqual(direct(spec, candidate))
          for (let i = 0; i < 20; i++) {
            const choice = random.integer(0, candidate.length - 1)
            candidate[choice] = random.integer(0, spec.optionCounts[choice]! - 1)
            expect(table.update(choice, candidate[choice]!)).toEqual(direct(spec, candidate))
          }
        },
      ),
    )
  })

  it.each([
    ['very many combinations', 5],
    ['more combinations than safe integers', 17],
  ])('keeps kernels of %s as they occur', (_, count) => {
    const random = new SeededRandom(1)
    const choices = Array.from({ length: count }, (_, i) => i)
    const spec: CostTableSpec = {
      optionCounts: choices.map(() => 50),
      kernels: [
        {
          name: 'wide',
          choices,
          // Every option counts, so that no entry can be taken for another.
          variant: (options) => ({
            shape: { ...conv, macs: options.reduce((sum, option, i) => sum + (option + 1) ** (1 + i / 17), 0) },
          }),
        },
      ],
      activations: [{ choices, bytes: (options) => options[0]! + options.at(-1)! }],
      peakBytes: ([size]) => size!,
      cost: ({ shape }) => figures(shape),
    }
    const table = new CostTable(spec)
    const drawn = Array.from({ length: 1500 }, () => draw(spec.optionCounts, random))
    // Of choices at both ends and in the middle neighbours that differ in nothing else.
    const near = [0, count >> 1, count - 1].flatMap((choice) =>
      drawn.slice(0, 500).map((candidate) => candidate.with(choice, (candidate[choice]! + 1) % 50)),
    )
    const candidates = [...drawn, ...near]
    for (const candidate of [...candidates, ...candidates])
      expect(table.score(candidate)).toEqual(direct(spec, candidate))
    expect(table.predicted).toBe(new Set(candidates.map(String)).size)
  })

  it('predicts each kernel once for each of its options', () => {
    let costs = 0
    const spec = chain(3, [2, 3, 4], () => {
      costs += 1
    })
    const table = new CostTable(spec)
    const random = new SeededRandom(1)
    for (let i = 0; i < 500; i++) table.score(draw(spec.optionCounts, random))
    // 2 + 2 * 3 + 3 * 4 shapes; the 12 without the last kernel cost nothing.
    expect(costs).toBe(20)
    expect(table.predicted).toBe(32)
  })

  it.each([
    ['an option too many', new Uint8Array([2, 0, 0, 0])],
    ['a choice too few', new Uint8Array([0, 0, 0])],
  ])('refuses %s', (_, candidate) => {
    expect(() => new CostTable(chain(3, [2, 3, 4])).score(candidate)).toThrow(RangeError)
  })

  it('refuses an update to an option or a choice that does not exist', () => {
    const table = new CostTable(chain(3, [2, 3, 4]))
    table.start(new Uint8Array(4))
    expect(() => table.update(1, 3)).toThrow(RangeError)
    expect(() => table.update(4, 0)).toThrow(RangeError)
  })

  it('refuses kernels of choices that do not exist', () => {
    const spec = chain(2, [2, 2])
    expect(() => new CostTable({ ...spec, optionCounts: [2] })).toThrow(RangeError)
  })
})

describe('changeKernel', () => {
  it('follows channels, window and groups', () => {
    expect(changeKernel(conv, {})).toEqual(conv)
    const changed = changeKernel(conv, { inChannels: 16, outChannels: 8, kernelHeight: 1, kernelWidth: 1 })
    expect(changed).toMatchObject({ inputBytes: 256, outputBytes: 128, weightBytes: 16 * 8 + 8, macs: 16 * 8 * 16 })
    const depthwise = changeKernel(conv, { inChannels: 16, groups: 16, kind: 'depthwise' })
    expect(depthwise).toMatchObject({ weightBytes: 9 * 16 + 16, macs: 9 * 16 * 16 })
  })

  it('lets a residual grow with the output', () => {
    const residual = { ...conv, inputBytes: conv.inputBytes + conv.outputBytes }
    expect(changeKernel(residual, { outChannels: 32 }).inputBytes).toBe(conv.inputBytes + 2 * conv.outputBytes)
  })
})
