import { UserError } from '../ir/errors.js'
import { domainText, normalDomain } from '../onnx/domain.js'
import { bigintOf } from '../onnx/int64.js'
import type { ModelProto, OperatorSetIdProto } from '../onnx/messages.js'

/** The newest IR version this program was written for. Source: ONNX 1.23.0-dev. */
export const newestIrVersion = 14

/** From this version on a model says which operator sets it uses; before, it means version 1 of the standard one. */
const firstWithOpsets = 3

export function readIrVersion(proto: ModelProto): number {
  if (proto.ir_version == null) {
    const remedy = 'check that the file is a complete ONNX model'
    throw new UserError('not-onnx', 'ir_version', 'the file has no IR version', remedy)
  }
  const version = bigintOf(proto.ir_version)
  if (version < 1n || version > BigInt(newestIrVersion)) {
    const remedy = `save the model with an IR version from 1 to ${newestIrVersion}`
    throw new UserError('unsupported-version', 'ir_version', `IR version ${version} is not known`, remedy)
  }
  return Number(version)
}

/** Imported operator sets of a model. */
export function readModelOpsets(proto: ModelProto, irVersion: number, warnings: string[]): Map<string, number> {
  const entries = proto.opset_import ?? []
  if (irVersion < firstWithOpsets) {
    if (entries.length === 0) return new Map([['', 1]])
    const remedy = `set ir_version to ${firstWithOpsets} or above`
    const what = `IR version ${irVersion} has no operator sets, the file imports some`
    throw new UserError('invalid-model', 'opset_import', what, remedy)
  }
  if (entries.length === 0) {
    const remedy = 'add the operator sets that the model was written for'
    throw new UserError('invalid-model', 'opset_import', 'the model imports no operator set', remedy)
  }
  return readOpsets(entries, 'opset_import', warnings)
}

/** Operator sets by domain, the standard one under ''. */
export function readOpsets(
  entries: readonly OperatorSetIdProto[],
  place: string,
  warnings: string[],
): Map<string, number> {
  const opsets = new Map<string, number>()
  for (const entry of entries) {
    const domain = normalDomain(entry.domain)
    const version = entry.version == null ? 0n : bigintOf(entry.version)
    if (version < 1n || version > 0x7fff_ffffn) {
      const what = `version ${version} of operator set ${JSON.stringify(domainText(domain))} is no version`
      throw new UserError('invalid-model', place, what, 'give a version of 1 or more')
    }
    const known = opsets.get(domain)
    if (known !== undefined && known !== Number(version)) {
      const what = `operator set ${JSON.stringify(domainText(domain))} is imported as version ${known} and ${version}`
      throw new UserError('invalid-model', place, what, 'import each operator set once')
    }
    if (known !== undefined) warnings.push(`${place}: operator set "${domainText(domain)}" is imported twice`)
    opsets.set(domain, Number(version))
  }
  return opsets
}
