import { type Edge, Graph, layout } from '@dagrejs/dagre'
import type { Neighbourhood, PlaceNode } from '../changed-places.js'
import { html, type Markup } from './markup.js'
import { shortName } from './parts.js'

/** Sizes in pixels. */
const box = { width: 178, height: 46 } as const
const gap = { rank: 26, node: 18, margin: 8 } as const
const most = { nameLetters: 24, sizeLetters: 30 } as const

/** A part of a graph in layers, inputs above. */
export function layeredGraph({ nodes, edges }: Neighbourhood): Markup {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'TB', ranksep: gap.rank, nodesep: gap.node, marginx: gap.margin, marginy: gap.margin })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const i of nodes.keys()) graph.setNode(String(i), { ...box })
  for (const [from, to] of edges) graph.setEdge(String(from), String(to))
  layout(graph)
  const { width = box.width, height = box.height } = graph.graph() as { width?: number; height?: number }
  const paths = graph.edges().map((edge: Edge) => path((graph.edge(edge) as { points: readonly Point[] }).points))
  return html`<svg class="graph" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(
    height,
  )}" aria-hidden="true">${paths.map((d: string) => html`<path class="edge" d="${d}" marker-end="url(#arrowhead)"/>`)}${nodes.map(
    (node, i) => {
      const { x, y } = graph.node(String(i)) as Point
      return nodeBox(node, Math.round(x - box.width / 2), Math.round(y - box.height / 2))
    },
  )}</svg>`
}

/** The arrowhead of all edges of the page. */
export const arrowhead: Markup = html`<svg class="definitions" width="0" height="0" aria-hidden="true"><defs><marker id="arrowhead"
viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z"/></marker></defs></svg>`

function nodeBox({ name, op, output, constants, change }: PlaceNode, x: number, y: number): Markup {
  const weights = constants.length === 0 ? '' : `\nconstants ${constants.join('; ')}`
  const sizes = output === '' ? shortName(name, most.sizeLetters) : output
  return html`<g class="node ${change}" transform="translate(${x},${y})" data-tip="${op} ${name}\n${output}${weights}"><rect width="${box.width}" height="${box.height}" rx="6"/><text x="${
    box.width / 2
  }" y="19" class="op">${shortName(op, most.nameLetters)}</text><text x="${box.width / 2}" y="35" class="sizes">${shortName(sizes, most.sizeLetters)}</text></g>`
}

interface Point {
  readonly x: number
  readonly y: number
}

const round = (value: number): number => Math.round(value * 10) / 10

/** Through the points that the layout gives, as a curve with vertical ends. */
function path(points: readonly Point[]): string {
  const [start, ...others] = points
  let d = `M${round(start!.x)},${round(start!.y)}`
  let last = start!
  for (const point of others) {
    const middle = round((last.y + point.y) / 2)
    d += `C${round(last.x)},${middle} ${round(point.x)},${middle} ${round(point.x)},${round(point.y)}`
    last = point
  }
  return d
}
