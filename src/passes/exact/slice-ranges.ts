import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'

/** What a Slice takes along one axis; constants only. `end` may saturate: "to the end". */
export interface SliceRange {
  readonly axis: number
  readonly start: number
  readonly end: number
  readonly step: number
}

/** The ranges of a Slice (attributes before opset 10, inputs since), axes as written; undefined when one is not constant. */
export function sliceRanges(node: Node): SliceRange[] | undefined {
  const found = contextOf(node)
  if (found === undefined || !node.is('Slice')) return undefined
  const { context } = found
  const hasInputs = context.since >= 10
  const starts = hasInputs ? context.numbers(1) : context.ints('starts')
  const ends = hasInputs ? context.numbers(2) : context.ints('ends')
  if (starts === undefined || ends === undefined || starts.length !== ends.length) return undefined
  const given = hasInputs ? (context.hasInput(3) ? context.numbers(3) : null) : (context.ints('axes') ?? null)
  const axes = given === null ? starts.map((_, i) => i) : given
  const steps = hasInputs && context.hasInput(4) ? context.numbers(4) : starts.map(() => 1)
  if (axes === undefined || steps === undefined || axes.length !== starts.length || steps.length !== starts.length)
    return undefined
  return starts.map((start, i) => ({ axis: axes[i]!, start, end: ends[i]!, step: steps[i]! }))
}
