import type { Value } from '../../ir/graph.js'
import { type AxisTerm, namesIn } from '../../ir/ops/axis-words.js'
import type { NodeAxes } from './axis-table.js'

/**
 * What a weight's axis does at a node: it makes channels (`producer`), is summed with those that come in (`consumer`), or has
 * an entry for each (`parameter`).
 */
export type AxisRole = 'producer' | 'consumer' | 'parameter'

/** Names of the axes that activations come in with, and that results have. */
export function axisEnds({ node, words }: NodeAxes, isWeight: (value: Value) => boolean) {
  const taken = new Set<string>()
  words.inputs.forEach((terms, i) => {
    const value = node.inputs[i]
    if (value !== undefined && !isWeight(value)) for (const name of namesOf(terms)) taken.add(name)
  })
  return { taken, given: new Set(words.outputs.flatMap(namesOf)) }
}

/** By name, the role of a weight's axis of that name. */
export function roleOf(name: string, { taken, given }: ReturnType<typeof axisEnds>): AxisRole {
  if (!given.has(name)) return 'consumer'
  return taken.has(name) ? 'parameter' : 'producer'
}

/** By axis of the weight at an input slot, the roles of the names it is made of. */
export function axisRoles(
  axes: NodeAxes,
  input: number,
  isWeight: (value: Value) => boolean,
): ReadonlyMap<string, AxisRole>[] {
  const ends = axisEnds(axes, isWeight)
  return (axes.words.inputs[input] ?? []).map(
    (term) => new Map(namesOf([term]).map((name) => [name, roleOf(name, ends)])),
  )
}

export const namesOf = (terms: readonly AxisTerm[] | undefined): string[] =>
  (terms ?? []).flatMap((term) => [...namesIn(term)].map(({ name }) => name))
