import { DisjointSets, type TwoSides } from './disjoint-sets.js'
import type { OutlineNode } from './graph-outline.js'

/** Where the graph changed, before and after side by side. */
export interface ChangedPlaces {
  /** The largest first; places that changed alike are one entry. */
  readonly places: readonly ChangedPlace[]
  /** Kinds of places that are left out. */
  readonly omitted: number
}

export interface ChangedPlace {
  /** How many places changed in this way; shown is the first. */
  readonly count: number
  readonly before: Neighbourhood
  readonly after: Neighbourhood
}

/** A part of a graph: what changed and what is next to it. */
export interface Neighbourhood {
  readonly nodes: readonly PlaceNode[]
  /** Indices into the nodes. */
  readonly edges: readonly (readonly [from: number, to: number])[]
  /** Nodes that changed and are left out. */
  readonly omitted: number
}

export interface PlaceNode {
  readonly name: string
  readonly op: string
  readonly output: string
  readonly constants: readonly string[]
  /**
   * - changed: gone or merged into others; after: made of others, or another operator
   * - resized: the same with other sizes
   * - kept: what is around
   */
  readonly change: 'changed' | 'resized' | 'kept'
}

const mostPlaces = 12
const mostNodes = 24
const mostNeighbours = 4

/** Compares outlines through where their nodes came from. */
export function changedPlaces(before: readonly OutlineNode[], after: readonly OutlineNode[]): ChangedPlaces {
  const sides = [sideOf(before), sideOf(after)] as const
  const byOrigin = new Map<string, number>()
  before.forEach(({ origins }, i) => {
    for (const origin of origins) byOrigin.set(origin, i)
  })
  const sources = after.map(({ origins }) => [...new Set(origins.flatMap((origin) => byOrigin.get(origin) ?? []))])
  const usedBy = new Map<number, number>()
  for (const each of sources) for (const source of each) usedBy.set(source, (usedBy.get(source) ?? 0) + 1)
  before.forEach((_, i) => {
    if (!usedBy.has(i)) sides[0].change[i] = 'changed'
  })
  after.forEach((node, i) => {
    const [only] = sources[i]!
    const isWhole = sources[i]!.length === 1 && usedBy.get(only!) === 1 && before[only!]!.op === node.op
    const change = !isWhole ? 'changed' : isSameSize(before[only!]!, node) ? 'kept' : 'resized'
    sides[1].change[i] = change
    for (const source of sources[i]!) if (change !== 'kept') sides[0].change[source] = change
  })
  const regions = regionsOf(sides, sources)
  const alike = new Map<string, { readonly region: TwoSides; count: number }>()
  for (const region of regions) {
    const key = signatureOf(region, sides)
    const known = alike.get(key)
    if (known === undefined) alike.set(key, { region, count: 1 })
    else known.count += 1
  }
  const size = ({ before, after }: TwoSides) => before.length + after.length
  const sorted = [...alike.values()].sort((a, b) => size(b.region) - size(a.region))
  return {
    places: sorted.slice(0, mostPlaces).map(({ region, count }) => ({
      count,
      before: neighbourhood(sides[0], region.before),
      after: neighbourhood(sides[1], region.after),
    })),
    omitted: Math.max(0, sorted.length - mostPlaces),
  }
}

interface Side {
  readonly nodes: readonly OutlineNode[]
  readonly change: PlaceNode['change'][]
  /** Nodes that read from a node. */
  readonly readers: readonly (readonly number[])[]
}

function sideOf(nodes: readonly OutlineNode[]): Side {
  const readers: number[][] = nodes.map(() => [])
  nodes.forEach(({ reads }, i) => {
    for (const read of reads) readers[read]!.push(i)
  })
  return { nodes, change: nodes.map(() => 'kept'), readers }
}

const isSameSize = (a: OutlineNode, b: OutlineNode): boolean =>
  a.output === b.output && a.constants.join() === b.constants.join()

/** Nodes that changed into one another; those that went without a trace with what changed next to them. */
function regionsOf([before, after]: readonly [Side, Side], sources: readonly (readonly number[])[]): TwoSides[] {
  const shown = after.change.includes('changed') || before.change.includes('changed') ? 'changed' : 'resized'
  const offset = before.nodes.length
  const sets = new DisjointSets(offset + after.nodes.length)
  const traced = new Set(sources.flat())
  sources.forEach((each, i) => {
    if (after.change[i] !== shown) return
    for (const source of each) sets.join(source, offset + i)
  })
  const isShown = (i: number) => before.change[i] === shown
  before.nodes.forEach(({ reads }, i) => {
    for (const read of reads)
      if (isShown(i) && isShown(read) && !(traced.has(i) && traced.has(read))) sets.join(read, i)
  })
  const shownOf = ({ change }: Side) => [...change.keys()].filter((i) => change[i] === shown)
  return sets.sides(shownOf(before), shownOf(after), offset)
}

/** Operators on both sides: places with the same ones are taken to have changed alike. */
function signatureOf(region: TwoSides, [before, after]: readonly [Side, Side]): string {
  const ops = ({ nodes }: Side, indices: readonly number[]) => indices.map((i) => nodes[i]!.op).join(' ')
  return `${ops(before, region.before)} > ${ops(after, region.after)}`
}

function neighbourhood(side: Side, region: readonly number[]): Neighbourhood {
  const shown = region.slice(0, mostNodes)
  const inside = new Set(shown)
  const around = new Set<number>()
  for (const i of shown) {
    for (const next of side.nodes[i]!.reads) if (!inside.has(next) && around.size < mostNeighbours) around.add(next)
  }
  for (const i of shown) {
    for (const next of side.readers[i]!) if (!inside.has(next) && around.size < 2 * mostNeighbours) around.add(next)
  }
  const indices = [...shown, ...around].sort((a, b) => a - b)
  const place = new Map(indices.map((index, i) => [index, i]))
  return {
    nodes: indices.map((i) => {
      const { name, op, output, constants } = side.nodes[i]!
      return { name, op, output, constants, change: side.change[i]! }
    }),
    edges: indices.flatMap((index, to) =>
      side.nodes[index]!.reads.flatMap((read) => {
        const from = place.get(read)
        return from === undefined ? [] : [[from, to] as const]
      }),
    ),
    omitted: region.length - shown.length,
  }
}
