import { quoted, UserError } from '../ir/errors.js'
import { type Graph, Value } from '../ir/graph.js'

/** The names of one graph, and through its parent those around it. */
export class Scope {
  readonly graph: Graph
  readonly parent: Scope | undefined
  readonly names = new Map<string, Value>()

  constructor(graph: Graph, parent: Scope | undefined) {
    this.graph = graph
    this.parent = parent
  }

  /** Defines a name once; the names of surrounding graphs that are visible here are taken too. */
  define(name: string, place: string): Value {
    if (this.names.has(name)) {
      throw fault(place, `defines ${quoted(name)}, which is already defined`, 'give every value a name of its own')
    }
    for (let outer = this.parent; outer !== undefined; outer = outer.parent) {
      const other = outer.names.get(name)
      if (other !== undefined && isComputed(other)) {
        throw fault(place, `defines ${quoted(name)}, a name of a surrounding graph`, 'rename it')
      }
    }
    const { model } = this.graph
    const isTaken = model.isNameTaken(name)
    const unique = isTaken ? model.freshName(name) : name
    if (isTaken) model.fileNames.set(unique, name)
    else model.claimName(name)
    const value = new Value(this.graph, unique)
    value.fileName = name
    this.names.set(name, value)
    return value
  }

  /** The value a name means here: this graph's own, or one that a surrounding graph has computed by now. */
  find(name: string): Value | undefined {
    const own = this.names.get(name)
    if (own !== undefined) return own
    for (let outer = this.parent; outer !== undefined; outer = outer.parent) {
      const value = outer.names.get(name)
      if (value !== undefined) return isComputed(value) ? value : undefined
    }
    return undefined
  }
}

/** Inputs and initializers always; results once their node is in place. */
const isComputed = (value: Value) => value.isInput || value.tensor !== undefined || value.producer !== undefined

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-graph', place, what, remedy)
