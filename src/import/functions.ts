import { quoted, UserError } from '../ir/errors.js'
import { type Attribute, FunctionBody, functionKey, Graph } from '../ir/graph.js'
import { domainText, normalDomain } from '../onnx/domain.js'
import type { FunctionProto, ModelProto, NodeProto } from '../onnx/messages.js'
import { readAttribute } from './attributes.js'
import type { ImportContext } from './context.js'
import { GraphReader } from './graphs.js'
import { Scope } from './scope.js'
import { subgraphsOf } from './sort.js'
import { readOpsets } from './versions.js'

/** Limits of the official library. */
const functionLimit = 10_000
const callDepthLimit = 100

/** From this IR version on functions of one name may differ by overload. */
const firstWithOverloads = 10

/** The functions of a model by key, checked for repeats and recursion. */
export function indexFunctions(proto: ModelProto, irVersion: number): Map<string, FunctionProto> {
  const protos = proto.functions ?? []
  if (protos.length > functionLimit) {
    const what = `the model has ${protos.length} functions`
    throw new UserError('too-large', 'functions', what, `inline some: ${functionLimit} is the limit`)
  }
  const functions = new Map<string, FunctionProto>()
  const identities = new Set<string>()
  for (const body of protos) {
    const place = functionPlace(body)
    if ((body.name ?? '') === '') throw fault('functions', 'a function has no name', 'name every function')
    const overload = irVersion < firstWithOverloads ? '' : (body.overload ?? '')
    const identity = functionKey(normalDomain(body.domain), body.name!, overload)
    if (identities.has(identity)) throw fault(place, 'is defined twice', 'keep one of them')
    identities.add(identity)
    functions.set(functionKey(normalDomain(body.domain), body.name!, body.overload ?? ''), body)
  }
  checkCalls(functions)
  return functions
}

/** No function may call itself, over others or in subgraphs either. */
function checkCalls(functions: ReadonlyMap<string, FunctionProto>): void {
  const callees = new Map<string, string[]>()
  for (const [key, body] of functions) callees.set(key, [...calledBy(body.node ?? [], functions)])
  /** Longest chain of calls from a function on; 0 while it is being looked at. */
  const depths = new Map<string, number>()
  for (const root of functions.keys()) {
    const stack = [{ key: root, next: 0 }]
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const below = callees.get(top.key)!
      if (top.next === 0 && depths.has(top.key)) {
        stack.pop()
        continue
      }
      depths.set(top.key, 0)
      const callee = below[top.next++]
      if (callee === undefined) {
        const depth = 1 + below.reduce((most, key) => Math.max(most, depths.get(key)!), 0)
        if (depth > callDepthLimit) {
          const place = functionPlace(functions.get(top.key)!)
          throw fault(place, `nests calls more than ${callDepthLimit} deep`, 'inline some functions')
        }
        depths.set(top.key, depth)
        stack.pop()
      } else if (depths.get(callee) === 0) {
        throw fault(functionPlace(functions.get(callee)!), 'calls itself', 'functions cannot be recursive')
      } else if (!depths.has(callee)) stack.push({ key: callee, next: 0 })
    }
  }
}

function calledBy(nodes: readonly NodeProto[], functions: ReadonlyMap<string, FunctionProto>): Set<string> {
  const called = new Set<string>()
  const pending = [nodes]
  for (let list = pending.pop(); list !== undefined; list = pending.pop()) {
    for (const node of list) {
      const key = functionKey(normalDomain(node.domain), node.op_type ?? '', node.overload ?? '')
      if (functions.has(key)) called.add(key)
      for (const graph of subgraphsOf(node)) pending.push(graph.node ?? [])
    }
  }
  return called
}

export function readFunctions(context: ImportContext): void {
  for (const [key, proto] of context.functions) context.model.functions.set(key, readFunction(proto, context))
  noteVersions(context)
}

function readFunction(proto: FunctionProto, context: ImportContext): FunctionBody {
  const { model } = context
  const place = functionPlace(proto)
  const opsets = readOpsets(proto.opset_import ?? [], `${place}, opset_import`, model.warnings)
  const graph = new Graph(model, proto.name ?? '')
  const attributes = readDeclaredAttributes(proto, context, place)
  const domain = normalDomain(proto.domain)
  const body = new FunctionBody(domain, proto.name!, proto.overload ?? '', graph, attributes, opsets, proto)

  const reader = new GraphReader(context, opsets, true)
  const scope = new Scope(graph, undefined)
  for (const name of proto.input ?? []) {
    if (name === '') throw fault(place, 'has an input without name', 'name every input')
    const input = scope.define(name, `${place}, input ${quoted(name)}`)
    input.isInput = true
    graph.inputs.push(input)
  }
  reader.nodes(scope, proto.node ?? [], `${place}: `)
  reader.claims(scope, proto.value_info ?? [])
  const outputs = new Set<string>()
  for (const name of proto.output ?? []) {
    const output = scope.names.get(name)
    if (output === undefined) throw fault(`${place}, output ${quoted(name)}`, 'is not computed', 'correct the name')
    if (outputs.has(name)) throw fault(`${place}, output ${quoted(name)}`, 'occurs twice', 'keep one of them')
    outputs.add(name)
    output.outputSlots += 1
    graph.outputs.push(output)
  }
  return body
}

function readDeclaredAttributes(
  proto: FunctionProto,
  context: ImportContext,
  place: string,
): Map<string, Attribute | undefined> {
  const attributes = new Map<string, Attribute | undefined>()
  const add = (name: string, value: Attribute | undefined) => {
    if (attributes.has(name)) throw fault(place, `declares the attribute ${quoted(name)} twice`, 'keep one of them')
    attributes.set(name, value)
  }
  for (const name of proto.attribute ?? []) add(name, undefined)
  for (const attribute of proto.attribute_proto ?? []) {
    const value = readAttribute(
      attribute,
      {
        external: context.external,
        isInFunction: false,
        irVersion: context.model.irVersion,
        graph: (_, at) => {
          throw fault(at, 'is a graph as a default', 'pass graphs from the caller')
        },
      },
      place,
    )
    add(attribute.name ?? '', value)
  }
  return attributes
}

/** Runtimes disagree on what a function means whose operator sets are of other versions than the model's. */
function noteVersions({ model }: ImportContext): void {
  const differing = new Map<string, number>()
  for (const body of model.functions.values()) {
    for (const [domain, version] of body.opsets) {
      const other = model.opsets.get(domain)
      if (other !== undefined && other !== version) differing.set(domain, (differing.get(domain) ?? 0) + 1)
    }
  }
  for (const [domain, count] of differing) {
    model.warnings.push(`functions: ${count} import another version of "${domainText(domain)}" than the model`)
  }
}

const functionPlace = (proto: FunctionProto) => `function ${quoted(proto.name ?? '')}`

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-function', place, what, remedy)
