import { quoted } from './errors.js'
import type { Attribute, Graph, Model, Node, Value } from './graph.js'
import type { Tensor } from './tensor.js'
import { tensorType, typeText } from './type.js'

/**
 * A model as text, for people and for tests that compare graphs:
 *
 * ```
 * model ir 8, opset ai.onnx 17
 * graph "main" (x: float32[n, 3]) -> (y: float32[n, 3]) {
 *   w: float32[3] = [0.5, 1, 2]
 *   y: float32[n, 3] = Mul(x, w)
 * }
 * ```
 */
export function modelText(model: Model): string {
  const opsets = [...model.opsets].map(([domain, version]) => `${domain === '' ? 'ai.onnx' : domain} ${version}`)
  const lines = [`model ir ${model.irVersion}, opset ${opsets.join(', ')}`, graphText(model.graph)]
  for (const body of model.functions.values()) {
    const attributes = [...body.attributes].map(([name, value]) =>
      value === undefined ? name : `${name} = ${attributeText(value, '')}`,
    )
    const declared = attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`
    const identity = [body.domain, body.name, body.overload].filter((part) => part !== '').join('.')
    lines.push(`function ${identity}${declared}: ${graphText(body.graph)}`)
  }
  return `${lines.join('\n')}\n`
}

/** A graph with its nodes in order; subgraphs are indented under their node. */
export function graphText(graph: Graph, indent = ''): string {
  const inner = `${indent}  `
  const inputs = graph.inputs.map((value) => `${nameText(value)}: ${typeText(value.type ?? value.claim)}`)
  const outputs = graph.outputs.map((value) => `${nameText(value)}: ${typeText(typeOf(value))}`)
  const lines = [`graph ${quoted(graph.name)} (${inputs.join(', ')}) -> (${outputs.join(', ')}) {`]
  for (const value of graph.initializers) {
    if (value.tensor !== undefined) lines.push(`${inner}${nameText(value)} = ${tensorText(value.tensor)}`)
  }
  for (const node of graph.nodes()) lines.push(inner + nodeText(node, inner))
  lines.push(`${indent}}`)
  return lines.join('\n')
}

/** One node: `y: float32[n, 3] = Mul(x, w)`. */
export function nodeText(node: Node, indent = ''): string {
  const outputs = node.outputs.map((value) =>
    value === undefined ? '_' : `${nameText(value)}: ${typeText(value.type ?? value.claim)}`,
  )
  const inputs = node.inputs.map((value) => (value === undefined ? '_' : nameText(value)))
  const attributes = [...node.attributes].map(([name, value]) => `${name} = ${attributeText(value, indent)}`)
  const settings = attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`
  const operator = [node.domain, node.opType, node.overload].filter((part) => part !== '').join('.')
  return `${outputs.join(', ')} = ${operator}(${inputs.join(', ')})${settings}`
}

const typeOf = (value: Value) =>
  value.type ?? value.claim ?? (value.tensor && tensorType(value.tensor.dtype, value.tensor.dims))

/** Names that read as a word stand for themselves. */
const nameText = (value: Value): string => (/^[\w./:-]+$/.test(value.name) ? value.name : quoted(value.name))

/** At most this many list entries are shown. */
const shownEntries = 8

function listText<T>(items: readonly T[], show: (item: T) => string): string {
  const shown = items.slice(0, shownEntries).map(show)
  if (items.length > shownEntries) shown.push(`... ${items.length} in all`)
  return `[${shown.join(', ')}]`
}

/** Value of an attribute as it is shown; lists are cut. */
export function attributeText(attribute: Attribute, indent: string): string {
  const text = (bytes: Uint8Array) => quoted(Buffer.from(bytes).toString('utf8'))
  switch (attribute.kind) {
    case 'float':
    case 'int':
      return String(attribute.value)
    case 'string':
      return text(attribute.value)
    case 'floats':
      return listText(attribute.value, String)
    case 'ints':
      return listText(attribute.value, String)
    case 'strings':
      return listText(attribute.value, text)
    case 'tensor':
      return tensorText(attribute.value)
    case 'tensors':
      return listText(attribute.value, tensorText)
    case 'graph':
      return graphText(attribute.value, indent)
    case 'graphs':
      return `[${attribute.value.map((graph) => graphText(graph, indent)).join(', ')}]`
    case 'type_proto':
      return typeText(attribute.value)
    case 'reference':
      return `@${attribute.value}`
    default:
      return `<${attribute.kind}>`
  }
}

/** Type and, where it is small and inside the file, the content of a constant. */
export function tensorText(tensor: Tensor): string {
  const type = typeText(tensorType(tensor.dtype, tensor.dims))
  if (tensor.size > shownEntries || tensor.externalFile !== undefined || tensor.dtype.startsWith('complex')) return type
  if (tensor.dtype === 'string') {
    return `${type} ${listText(tensor.strings(), (bytes) => quoted(Buffer.from(bytes).toString('utf8')))}`
  }
  return `${type} ${listText(Array.from(tensor.numbers()), String)}`
}
