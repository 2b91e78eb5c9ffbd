import { UserError } from '../ir/errors.js'
import type { Node } from '../ir/graph.js'
import { newestOpset, resolveAt } from '../ir/ops/index.js'
import type { Parameter, Signature } from '../ir/ops/signature.js'
import { domainText } from '../onnx/domain.js'

/** Domains whose definitions are fixed by the standard. Others may have grown since this program was written. */
const standardDomains: ReadonlySet<string> = new Set(['', 'ai.onnx.ml', 'ai.onnx.preview', 'ai.onnx.preview.training'])

/**
 * Checks a node against the definition of its operator: number of inputs and outputs, attributes and their types.
 * Gives false when there is none: the node is opaque. Source: the rules of the official checker.
 */
export function checkSignature(node: Node, version: number, place: string): boolean {
  const resolved = resolveAt(node.domain, node.opType, version)
  if (resolved === undefined) return false
  if (!standardDomains.has(node.domain)) return true
  if (resolved.signature === undefined) {
    const what = `is deprecated since version ${resolved.since} of ${domainText(node.domain)}`
    throw fault(place, what, 'export the model anew, or import an older operator set')
  }
  checkValues(node.inputs, resolved.signature.inputs, resolved.signature.minInputs, 'inputs', place)
  checkValues(node.outputs, resolved.signature.outputs, resolved.signature.minOutputs, 'outputs', place)
  checkAttributes(node, resolved.signature, place)
  return true
}

/** Whether an unknown operator of that domain and version is worth a word: we know all of the standard ones. */
export const isStandard = (domain: string, version: number): boolean =>
  standardDomains.has(domain) && version <= (newestOpset.get(domain) ?? 0)

function checkValues(
  values: readonly unknown[],
  parameters: readonly Parameter[],
  least: number,
  what: string,
  place: string,
): void {
  const isOpen = parameters.at(-1)?.option === 'variadic'
  if (values.length < least || (values.length > parameters.length && !isOpen)) {
    const wanted = isOpen
      ? `${least} or more`
      : least === parameters.length
        ? least
        : `${least} to ${parameters.length}`
    throw fault(place, `has ${values.length} ${what} where ${wanted} are due`, 'correct the node')
  }
  for (let i = 0; i < Math.min(values.length, parameters.length); i++) {
    const parameter = parameters[i]!
    if (values[i] === undefined && parameter.option === 'single' && !parameter.isOptional) {
      throw fault(place, `leaves out ${what.slice(0, -1)} ${i} (${parameter.name}), which is required`, 'give it one')
    }
  }
}

function checkAttributes(node: Node, signature: Signature, place: string): void {
  for (const [name, attribute] of node.attributes) {
    // Names of that form are the writer's own affair.
    if (name.startsWith('__')) continue
    const spec = signature.attributes.get(name)
    if (spec === undefined) {
      throw fault(place, `has the attribute ${JSON.stringify(name)}, which its operator does not know`, 'drop it')
    }
    const type = attribute.kind === 'reference' ? attribute.type : attribute.kind
    if (type !== spec.type) {
      const what = `has the attribute ${JSON.stringify(name)} as ${type.toUpperCase()}`
      throw fault(place, what, `its operator wants ${spec.type.toUpperCase()}`)
    }
  }
  for (const [name, spec] of signature.attributes) {
    if (spec.isRequired && !node.attributes.has(name)) {
      throw fault(place, `lacks the attribute ${JSON.stringify(name)}`, 'its operator requires it: add it')
    }
  }
}

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-node', place, what, remedy)
