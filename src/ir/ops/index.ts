import type { Node } from '../graph.js'
import { activationOps } from './activation.js'
import { arithmeticOps } from './arithmetic.js'
import { attentionOps } from './attention.js'
import { castOps } from './cast.js'
import { constantOps } from './constant.js'
import { controlFlowOps } from './control-flow.js'
import { convolutionOps } from './convolution.js'
import type { OpDeclaration } from './define.js'
import { detectionOps } from './detection.js'
import { gatherOps } from './gather.js'
import { imageOps } from './image.js'
import { joiningOps } from './joining.js'
import { logicOps } from './logic.js'
import { machineLearningOps } from './machine-learning.js'
import { matmulOps } from './matmul.js'
import { microsoftAttentionOps } from './microsoft/attention.js'
import { microsoftFusedOps } from './microsoft/fused.js'
import { microsoftGenerationOps } from './microsoft/generation.js'
import { microsoftNchwcOps } from './microsoft/nchwc.js'
import { microsoftNormalizationOps } from './microsoft/normalization.js'
import { microsoftQuantizedOps } from './microsoft/quantized.js'
import { microsoftTensorOps } from './microsoft/tensor.js'
import { normalizationOps } from './normalization.js'
import { poolOps } from './pool.js'
import { quantizationOps } from './quantization.js'
import { randomOps } from './random.js'
import { recurrentOps } from './recurrent.js'
import { reduceOps } from './reduce.js'
import { resizeOps } from './resize.js'
import { sequenceOps } from './sequence.js'
import { shapeOps } from './shape.js'
import { signalOps } from './signal.js'
import { parseSignature, type Signature } from './signature.js'
import { softmaxOps } from './softmax.js'
import { spatialRearrangeOps } from './spatial-rearrange.js'
import { textOps } from './text.js'
import { trainingOps } from './training.js'
import { trigonometryOps } from './trigonometry.js'

/** Every operator the program knows: the standard domains, and what runtimes' optimizers emit. */
export const operators: readonly OpDeclaration[] = [
  ...activationOps,
  ...arithmeticOps,
  ...attentionOps,
  ...castOps,
  ...constantOps,
  ...controlFlowOps,
  ...convolutionOps,
  ...detectionOps,
  ...gatherOps,
  ...imageOps,
  ...joiningOps,
  ...logicOps,
  ...machineLearningOps,
  ...matmulOps,
  ...microsoftAttentionOps,
  ...microsoftFusedOps,
  ...microsoftGenerationOps,
  ...microsoftNchwcOps,
  ...microsoftNormalizationOps,
  ...microsoftQuantizedOps,
  ...microsoftTensorOps,
  ...normalizationOps,
  ...poolOps,
  ...quantizationOps,
  ...randomOps,
  ...recurrentOps,
  ...reduceOps,
  ...resizeOps,
  ...sequenceOps,
  ...shapeOps,
  ...signalOps,
  ...softmaxOps,
  ...spatialRearrangeOps,
  ...textOps,
  ...trainingOps,
  ...trigonometryOps,
]

/** The newest opset whose definitions are declared here, by domain. A model that imports a newer one keeps its nodes opaque. */
export const newestOpset: ReadonlyMap<string, number> = new Map([
  ['', 28],
  ['ai.onnx.ml', 5],
  ['ai.onnx.preview', 1],
  ['ai.onnx.preview.training', 1],
  ['com.microsoft', 1],
  ['com.microsoft.nchwc', 1],
])

const byDomain = new Map<string, Map<string, OpDeclaration>>()
for (const op of operators) {
  let ofDomain = byDomain.get(op.domain)
  if (ofDomain === undefined) byDomain.set(op.domain, (ofDomain = new Map()))
  if (ofDomain.has(op.type)) throw new Error(`operator ${op.domain}.${op.type} is declared twice`)
  ofDomain.set(op.type, op)
}

export const lookUpOp = (domain: string, type: string): OpDeclaration | undefined => byDomain.get(domain)?.get(type)

/** A declaration together with the version of it that a node means. */
export interface ResolvedOp {
  readonly op: OpDeclaration
  /** The greatest since-version that is not above the imported opset. */
  readonly since: number
  /** undefined: deprecated at that version. */
  readonly signature: Signature | undefined
}

const resolutions = new Map<OpDeclaration, Map<number, ResolvedOp | undefined>>()

/** What `type` means at opset `version` of `domain`; undefined when the operator is not known there. */
export function resolveAt(domain: string, type: string, version: number): ResolvedOp | undefined {
  const op = lookUpOp(domain, type)
  if (op === undefined || version > (newestOpset.get(domain) ?? 0)) return undefined
  let ofOp = resolutions.get(op)
  if (ofOp === undefined) resolutions.set(op, (ofOp = new Map()))
  if (!ofOp.has(version)) ofOp.set(version, resolve(op, version))
  return ofOp.get(version)
}

function resolve(op: OpDeclaration, version: number): ResolvedOp | undefined {
  const since = Math.max(
    ...Object.keys(op.signatures)
      .map(Number)
      .filter((candidate) => candidate <= version),
  )
  const text = op.signatures[since]
  if (text === undefined) return undefined
  return { op, since, signature: text === 'deprecated' ? undefined : parseSignature(text) }
}

/** What a node means; undefined: opaque (an operator nobody declared, or of a newer opset). */
export function resolveOp(node: Node): ResolvedOp | undefined {
  const version = node.graph.opsets.get(node.domain)
  return version === undefined ? undefined : resolveAt(node.domain, node.opType, version)
}
