import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExternalFiles } from '../../src/import/external.js'
import { readTensor } from '../../src/import/tensors.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { Tensor, volume } from '../../src/ir/tensor.js'
import { dimsOf } from '../../src/ir/type.js'
import { decodeOptionalProto, decodeTensorProto } from '../../src/onnx/codec.js'
import type { ConformanceCase } from '../shared-assets.js'

/** Inputs and expected outputs of one data set; expected is absent for the models that come without any. */
export interface CaseData {
  readonly feeds: ReadonlyMap<string, Tensor>
  readonly expected: ReadonlyMap<string, Tensor> | undefined
}

/** A value file holds what the type of its input or output says; an empty optional gives nothing. */
function readPb(file: string, value: Value): Tensor | undefined {
  const bytes = readFileSync(file)
  const proto = value.claim?.kind === 'optional' ? decodeOptionalProto(bytes).tensor_value : decodeTensorProto(bytes)
  return proto == null ? undefined : readTensor(proto, new ExternalFiles(undefined, []), file)
}

/** Reads the data sets of a case; inputs are numbered in the order of graph.input, missing ones are left out. */
export function caseData({ dataSets, result }: ConformanceCase, model: Model): CaseData[] {
  if (result.inputRule === 'ramp') return [{ feeds: ramps(model), expected: undefined }]
  return dataSets.map((folder) => {
    const feeds = new Map<string, Tensor>()
    model.graph.inputs.forEach((input, i) => {
      const file = join(folder, `input_${i}.pb`)
      const tensor = existsSync(file) ? readPb(file, input) : undefined
      if (tensor !== undefined) feeds.set(input.name, tensor)
    })
    const expected = new Map<string, Tensor>()
    for (const name of readdirSync(folder)) {
      const index = /^output_(\d+)\.pb$/.exec(name)?.[1]
      const output = index === undefined ? undefined : model.graph.outputs[Number(index)]
      const tensor = output === undefined ? undefined : readPb(join(folder, name), output)
      if (output !== undefined && tensor !== undefined) expected.set(output.name, tensor)
    }
    return { feeds, expected }
  })
}

/** Element k of n is k / n; unknown sizes are 1. */
function ramps(model: Model): Map<string, Tensor> {
  const feeds = new Map<string, Tensor>()
  for (const input of model.graph.inputs) {
    if (input.tensor !== undefined) continue
    const dims = (dimsOf(input.type) ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))
    const count = volume(dims)
    feeds.set(
      input.name,
      Tensor.fromArray(
        'float32',
        dims,
        Float32Array.from({ length: count }, (_, k) => k / count),
      ),
    )
  }
  return feeds
}
