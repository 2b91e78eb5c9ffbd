import type { Dim } from '../ir/dim.js'
import type { Model } from '../ir/graph.js'
import { bindType, inferTypes } from '../ir/infer.js'

/** Writes sizes into the interface: inputs get them, outputs what follows from them. Only `--freeze` asks for this. */
export function freezeSymbols(model: Model, symbols: ReadonlyMap<string, number>): void {
  const bindings: ReadonlyMap<string, Dim> = symbols
  for (const input of model.graph.inputs) {
    if (input.type !== undefined) input.type = bindType(input.type, bindings)
    if (input.claim !== undefined) input.claim = input.type
  }
  inferTypes(model)
  for (const output of model.graph.outputs) {
    if (output.claim !== undefined && output.type !== undefined) output.claim = output.type
  }
}
