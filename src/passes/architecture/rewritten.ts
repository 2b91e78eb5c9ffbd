import type { Node } from '../../ir/graph.js'
import type { PassKind } from '../define.js'
import type { Correspondence } from './correspondence.js'

/** What a decision did to a model. */
export interface Rewritten {
  /** exact: the same bits. rounding: the same function, summed in another order. lossy: another function. */
  readonly kind: PassKind
  /** Why it is of that kind, in words. */
  readonly why: string
  /** Linear layers with new weights, in execution order, and what each is to compute of the original. */
  readonly fitted: readonly FittedLayer[]
}

export interface FittedLayer {
  readonly node: Node
  /** Name of the value of the original that its output stands for. */
  readonly target: string
}

/** What became of linear layers, by what was lost on the way. */
export function rewrittenLayers(
  losses: readonly string[],
  nodes: readonly Node[],
  correspondence: Correspondence,
): Rewritten {
  const fitted = nodes.flatMap((node) => {
    const target = correspondence.of(node.outputs[0]!)?.original
    return target === undefined ? [] : [{ node, target }]
  })
  if (losses.length > 0) return { kind: 'lossy', why: [...new Set(losses)].join('; '), fitted }
  const why = 'nothing but linear layers: the same function, summed in another order'
  return { kind: 'rounding', why, fitted }
}
