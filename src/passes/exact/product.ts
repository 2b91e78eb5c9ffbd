import type { Node, Value } from '../../ir/graph.js'
import { withScalar } from './scalar-constant.js'

/** A product of values and a number, whatever the order in which it was written. */
export interface Product {
  readonly scale: number
  readonly factors: readonly Value[]
  /** The Mul and Div nodes of which it is made, the last one first. */
  readonly nodes: readonly Node[]
}

/** Formulas have few factors: a longer chain is something else. */
const nodeLimit = 5

/**
 * Takes a Mul or Div apart, through factors that are themselves a Mul or a division by a number and serve nothing else:
 * ((x * 0.5) * g), (x * (g * 0.5)) and ((x * g) / 2) are all 0.5, x, g.
 */
export function productOf(node: Node): Product | undefined {
  let scale = 1
  const factors: Value[] = []
  const nodes: Node[] = []
  const open: Node[] = [node]
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    const parts = operands(current)
    if (parts === undefined || nodes.push(current) > nodeLimit) return undefined
    scale *= parts.scale
    for (const value of parts.factors) {
      const inner = value.producer
      if (inner !== undefined && value.soleUser === current && inner.graph === node.graph && operands(inner))
        open.push(inner)
      else factors.push(value)
    }
  }
  return { scale, factors, nodes }
}

function operands(node: Node): { readonly scale: number; readonly factors: readonly Value[] } | undefined {
  const divided = withScalar(node, 'Div')
  if (divided !== undefined)
    return divided.isReversed ? undefined : { scale: 1 / divided.scalar, factors: [divided.data] }
  const multiplied = withScalar(node, 'Mul')
  if (multiplied !== undefined) return { scale: multiplied.scalar, factors: [multiplied.data] }
  const [left, right] = node.inputs
  if (!node.is('Mul') || node.attributes.size > 0 || left === undefined || right === undefined) return undefined
  return { scale: 1, factors: [left, right] }
}

/** The other factor of a product of two, when one of them is `value`. */
export function otherFactor({ factors }: Product, value: Value): Value | undefined {
  if (factors.length !== 2) return undefined
  return factors[0] === value ? factors[1] : factors[1] === value ? factors[0] : undefined
}
