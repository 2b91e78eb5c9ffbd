import { constantOf } from '../../ir/constant.js'
import { type Dim, dimsEqual, isStatic } from '../../ir/dim.js'
import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr, type Patch } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'

/** What a Resize or Upsample with constant sizes or scales makes of one axis. */
export interface ResizedAxis {
  readonly axis: number
  /** Place in its list of sizes or scales. */
  readonly element: number
}

/** Where a resizing node holds what it resizes to. */
export interface ResizeTarget {
  readonly axes: readonly ResizedAxis[]
  readonly sizes: readonly number[] | undefined
  readonly scales: readonly number[] | undefined
  /** Input slot or attribute of that list. */
  readonly at: { readonly input: number } | { readonly attribute: string }
}

/** undefined: it is computed, or held otherwise. Source: ONNX Resize, opsets 10 to 19; Upsample 7 to 9. */
export function resizeTarget(node: Node): ResizeTarget | undefined {
  const found = contextOf(node)
  const rank = found?.context.rank(0)
  if (found === undefined || rank === undefined) return undefined
  const { context } = found
  const given = context.ints('axes')?.map((axis) => context.axis(axis, rank))
  const axes = (given ?? Array.from({ length: rank }, (_, i) => i)).map((axis, element) => ({ axis, element }))
  const slot = (name: string) => context.signature.inputs.findIndex((parameter) => parameter.name === name)
  const listAt = (input: number) => {
    const tensor = input < 0 ? undefined : constantOf(node.inputs[input])
    return tensor === undefined || tensor.size === 0 ? undefined : Array.from(tensor.numbers())
  }
  const [sizesAt, scalesAt] = [slot('sizes'), slot('scales')]
  const sizes = listAt(sizesAt)
  if (sizes !== undefined) return { axes, sizes, scales: undefined, at: { input: sizesAt } }
  const scales = listAt(scalesAt)
  if (scales !== undefined) return { axes, sizes: undefined, scales, at: { input: scalesAt } }
  const attribute = node.floats('scales')
  return attribute === undefined
    ? undefined
    : { axes, sizes: undefined, scales: [...attribute], at: { attribute: 'scales' } }
}

/** Output size of floor(size x scale), in the precision of the scales (float32). */
const scaledSize = (size: number, scale: number): number => Math.floor(Math.fround(size * scale))

/**
 * What a resizing that nothing else tells about gives along an axis: the image's size where it gave that, else as many times its
 * input's. `sizes`: of its input, of its output, and what its input's is now; `image`: old and new size of the image along that
 * axis. undefined: it is not told.
 */
export function ownTarget(
  target: ResizeTarget,
  axis: number,
  [before, after, now]: readonly [before: Dim, after: Dim, now: Dim],
  image: readonly [old: Dim, now: number] | undefined,
): number | undefined {
  if (image !== undefined && isStatic(image[0]) && image[0] === after) return image[1]
  if (dimsEqual(before, now)) return isStatic(after) ? after : undefined
  if (!isStatic(now)) return undefined
  const scale = target.scales?.[target.axes.find((each) => each.axis === axis)?.element ?? -1]
  if (scale !== undefined) return scaledSize(now, scale)
  if (!isStatic(before) || !isStatic(after)) return undefined
  const scaled = (now * after) / before
  return Number.isInteger(scaled) ? scaled : undefined
}

/** Whether the size does not depend on the precision of the product: runtimes differ there. */
const surelyGives = (size: number, scale: number, wanted: number): boolean =>
  scaledSize(size, scale) === wanted && Math.floor(size * scale) === wanted

/**
 * Makes a resizing node give `targets` (by axis) of inputs of `sizes` (by axis). False: no float32 scale gives one of them.
 * Scales that do already stay as they are.
 */
export function retarget(
  patch: Patch,
  node: Node,
  target: ResizeTarget,
  sizes: ReadonlyMap<number, number>,
  targets: ReadonlyMap<number, number>,
): boolean {
  const list = [...(target.sizes ?? target.scales!)]
  for (const { axis, element } of target.axes) {
    const wanted = targets.get(axis)
    const size = sizes.get(axis)
    if (wanted === undefined || size === undefined) continue
    if (target.sizes !== undefined) list[element] = wanted
    else if (!surelyGives(size, list[element]!, wanted)) {
      const scale = [wanted / size, (wanted + 1e-3) / size].map(Math.fround).find((s) => surelyGives(size, s, wanted))
      if (scale === undefined) return false
      list[element] = scale
    }
  }
  if ('attribute' in target.at) patch.setAttribute(node, target.at.attribute, attr.floats(list))
  else {
    const tensor = target.sizes === undefined ? Tensor.float32(list) : Tensor.int64(list)
    patch.setConstant(node, target.at.input, tensor)
  }
  return true
}
