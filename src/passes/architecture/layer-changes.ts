import type { Model, Node } from '../../ir/graph.js'
import { type ConvolutionGeometry, convolutionGeometry, isDepthwise } from '../convolution-layer.js'

/** The nodes of a model, and its convolutions in words, at one moment. */
export interface Snapshot {
  readonly labels: ReadonlyMap<Node, string>
  readonly layers: ReadonlyMap<Node, string>
}

export function snapshot(model: Model): Snapshot {
  const labels = new Map<Node, string>()
  const layers = new Map<Node, string>()
  for (const node of model.graph.nodes()) {
    labels.set(node, node.label)
    const geometry = convolutionGeometry(node)
    if (geometry !== undefined) layers.set(node, layerText(geometry))
  }
  return { labels, layers }
}

export interface LayerChanges {
  /** Labels of nodes that went and came. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
  /** Convolutions that went or changed, and what they became. */
  readonly from: string
  readonly to: string
}

export function layerChanges(before: Snapshot, after: Snapshot): LayerChanges {
  return {
    removed: onlyIn(before.labels, after.labels),
    added: onlyIn(after.labels, before.labels),
    from: changed(before.layers, after.layers),
    to: changed(after.layers, before.layers),
  }
}

const onlyIn = (labels: ReadonlyMap<Node, string>, other: ReadonlyMap<Node, string>): string[] =>
  [...labels].flatMap(([node, label]) => (other.has(node) ? [] : [label]))

const changed = (layers: ReadonlyMap<Node, string>, other: ReadonlyMap<Node, string>): string =>
  [...layers].flatMap(([node, text]) => (other.get(node) === text ? [] : [text])).join(', ') || 'nothing'

/** `depthwise 3x3 of 96`, `1x1 of 96 to 24`, `3x3 of 64 to 64 in 2 groups`. */
function layerText(geometry: ConvolutionGeometry): string {
  const { inChannels, outChannels, group, kernel } = geometry
  const window = kernel.join('x')
  if (isDepthwise(geometry)) return `depthwise ${window} of ${inChannels}`
  return `${window} of ${inChannels} to ${outChannels}${group > 1 ? ` in ${group} groups` : ''}`
}
