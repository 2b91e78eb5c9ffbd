import { readModel } from '../import/read-model.js'
import { UserError } from '../ir/errors.js'
import { inferTypes } from '../ir/infer.js'
import { resolveOp } from '../ir/ops/index.js'
import { typeText } from '../ir/type.js'
import type { CheckResult } from '../report/check-view.js'
import { fileFacts } from './facts.js'

/** Reads a file as `optimize` would and says what is in it; a fault of the file becomes a line, not an exception. */
export async function checkFile(file: string): Promise<CheckResult> {
  try {
    const model = await readModel(file)
    const problems = inferTypes(model).map(({ node, message }) => `${node.label}: ${message}`)
    const { bytes, nodes, parameters } = await fileFacts(file, model)
    const opaque = new Set<string>()
    for (const node of model.allNodes()) {
      if (resolveOp(node) === undefined && model.functionOf(node) === undefined) {
        opaque.add(`${node.domain === '' ? '' : `${node.domain}.`}${node.opType}`)
      }
    }
    return {
      file,
      facts: {
        bytes,
        irVersion: model.irVersion,
        opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
        nodes,
        parameters,
        functions: model.functions.size,
        inputs: model.graph.inputs.map((input) => `${input.name} ${typeText(input.type ?? input.claim)}`),
        outputs: model.graph.outputs.map((output) => `${output.name} ${typeText(output.type ?? output.claim)}`),
        opaque: [...opaque].sort(),
        problems,
      },
    }
  } catch (error) {
    if (error instanceof UserError) return { file, error: error.line() }
    throw error
  }
}
