import type { KernelShape } from '../../hw/shape.js'
import { SeededRandom } from '../../runtime/random.js'
import { changeKernel } from '../kernel-variant.js'
import { fitStructure, type StructureRow, structureTerms, vaguePrior } from './structure.js'

/** How a predictor answers: milliseconds, and whether it knows such kernels. */
export type Oracle = (shape: KernelShape) => { readonly latencyMs: number; readonly isKnown: boolean }

const variantCount = 200
/** With fewer variants that the predictor knows, what it says of the others is taken as well. */
const leastKnown = 40

/**
 * Parameters of the roofline that comes closest to a predictor around given kernels of one kind: it is asked about variants
 * with other channels and sizes. Needs no table, only the predictor.
 */
export function distillStructure(shapes: readonly KernelShape[], oracle: Oracle, seed: number): Float64Array {
  const random = new SeededRandom(seed)
  const variants = [...shapes]
  while (variants.length < variantCount) variants.push(variantOf(shapes[random.integer(0, shapes.length - 1)]!, random))
  const answers = variants.map((shape) => ({ shape, ...oracle(shape) }))
  const known = answers.filter(({ isKnown }) => isKnown)
  const rows: StructureRow[] = (known.length >= leastKnown ? known : answers).map(({ shape, latencyMs }) => ({
    group: 0,
    terms: structureTerms(shape),
    latencyMs,
  }))
  return fitStructure(rows, vaguePrior(rows))
}

/** Channels and sizes up to eight times smaller or larger. */
export function variantOf(shape: KernelShape, random: SeededRandom): KernelShape {
  const factor = () => 2 ** (6 * random.uniform() - 3)
  const scale = (value: number, by: number) => (value === 1 ? 1 : Math.max(1, Math.round(value * by)))
  const size = factor()
  const outHeight = scale(shape.outHeight, size)
  const outWidth = scale(shape.outWidth, size)
  const isChannelwise = shape.groups > 1 && shape.groups === shape.inChannels
  const inChannels = scale(shape.inChannels, factor())
  const multiplier = shape.outChannels / shape.inChannels
  return changeKernel(shape, {
    inHeight: outHeight * (shape.inHeight === 1 ? 1 : shape.strideHeight),
    inWidth: outWidth * (shape.inWidth === 1 ? 1 : shape.strideWidth),
    outHeight,
    outWidth,
    inChannels,
    outChannels: isChannelwise ? inChannels * multiplier : scale(shape.outChannels, factor()),
    groups: isChannelwise ? inChannels : shape.groups,
  })
}
