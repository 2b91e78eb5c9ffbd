import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stageModel } from '../export/write-model.js'
import type { Model } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import { Patch } from '../ir/patch.js'
import { cloneModel } from '../passes/clone-model.js'

/** A copy of a model on disk that gives values inside it as outputs too. */
export interface Probe {
  readonly path: string
  /** The copy. */
  readonly model: Model
  /** Outputs that the model itself has. */
  readonly outputs: readonly string[]
  discard(): Promise<void>
}

let count = 0

/** Values are of the main graph, by name. Nothing of the given model changes. */
export async function stageProbe(model: Model, values: readonly string[]): Promise<Probe> {
  const copy = cloneModel(model)
  const outputs = copy.graph.outputs.map(({ name }) => name)
  const wanted = new Set(values)
  const patch = new Patch(copy)
  for (const value of valuesOf(copy.graph)) {
    if (!wanted.has(value.name)) continue
    wanted.delete(value.name)
    if (value.isGraphOutput) continue
    value.claim ??= value.type
    patch.appendOutput(copy.graph, value)
  }
  if (wanted.size > 0) throw new Error(`no value "${[...wanted].join('", "')}" in the main graph`)
  count += 1
  const staged = await stageModel(copy, join(tmpdir(), `probe-${process.pid}-${count}.onnx`))
  return { path: staged.path, model: copy, outputs, discard: () => staged.discard() }
}
