import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { dimsOf } from '../../ir/type.js'
import { cloneModel } from '../clone-model.js'
import type { Correspondence } from './correspondence.js'
import type { ResolutionDecision } from './decision.js'
import { type Declined, declined, isDeclined } from './declined.js'
import { imageAxes } from './image-axes.js'
import type { Rewritten } from './rewritten.js'
import { SizeChange } from './size-change.js'

/** A resolution that a model does not allow, with everything that is in the way. */
export interface ResolutionDeclined extends Declined {
  readonly blockers: readonly Declined[]
}

/**
 * Gives an image input another height and width. Sizes that the graph holds are written anew where it shows what they are sizes
 * of; outputs follow. What it computes for the new sizes are values of their own: they stand for nothing in the original.
 * The model is as it was where the decision is declined.
 */
export function applyResolution(
  model: Model,
  decision: ResolutionDecision,
  correspondence: Correspondence,
): Rewritten | ResolutionDeclined {
  const blockers = resolutionBlockers(model, decision.input, decision.height, decision.width)
  const [first] = blockers
  if (first !== undefined) {
    const place = blockers.length === 1 ? first.place : `${first.place} and ${blockers.length - 1} more`
    return { ...declined(first.reason, place, first.remedy), blockers }
  }
  for (const value of change(model, decision.input, decision).changed) correspondence.forget(value)
  return { kind: 'lossy', why: 'sees other sizes than it was trained on', fitted: [] }
}

/**
 * What keeps an image input from having another height and width; nothing: it can. Default sizes: twice the present ones, which
 * every stride divides, so that only what holds sizes of its own is in the way.
 */
export function resolutionBlockers(model: Model, input: string, height?: number, width?: number): readonly Declined[] {
  const copy = cloneModel(model)
  inferTypes(copy)
  const found = imageOf(copy, input)
  if (isDeclined(found)) return [found]
  const [oldHeight, oldWidth] = found.axes.map((axis) => dimsOf(found.value.type)![axis]!)
  const twice = (size: unknown) => (typeof size === 'number' ? 2 * size : undefined)
  const sizes = { height: height ?? twice(oldHeight), width: width ?? twice(oldWidth) }
  if (sizes.height === undefined || sizes.width === undefined)
    return [declined('symbolic-size', `input "${input}"`, 'give a height and a width')]
  return change(copy, input, { height: sizes.height, width: sizes.width }).blockers
}

function change(model: Model, input: string, { height, width }: Pick<ResolutionDecision, 'height' | 'width'>) {
  inferTypes(model)
  const found = imageOf(model, input)
  if (isDeclined(found)) return { blockers: [found], changed: [] }
  if (![height, width].every((size) => Number.isSafeInteger(size) && size > 0))
    return { blockers: [declined('no-size', `${height}x${width}`, 'give whole numbers above 0')], changed: [] }
  return new SizeChange(model).run(found.value, found.axes, [height, width])
}

function imageOf(
  model: Model,
  name: string,
): { readonly value: Value; readonly axes: readonly [number, number] } | Declined {
  const inputs = model.graph.inputs.filter(({ tensor }) => tensor === undefined)
  const value = inputs.find((each) => each.name === name)
  if (value === undefined) {
    const names = inputs.map((each) => each.name).join(', ')
    return declined('unknown-input', `input "${name}"`, `name an input of the model: ${names}`)
  }
  const axes = imageAxes(value)
  return axes === undefined
    ? declined('no-image', `input "${name}"`, 'none: no convolution or pooling slides over two axes of it')
    : { value, axes }
}
