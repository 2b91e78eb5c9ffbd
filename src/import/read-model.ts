import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { quoted, UserError } from '../ir/errors.js'
import { Graph, Model } from '../ir/graph.js'
import { decodeModel, messageSizeLimit } from '../onnx/codec.js'
import type { ModelProto } from '../onnx/messages.js'
import type { ImportContext } from './context.js'
import { ExternalFiles, folderOf } from './external.js'
import { indexFunctions, readFunctions } from './functions.js'
import { GraphReader } from './graphs.js'
import { pinTraining } from './training.js'
import { readIrVersion, readModelOpsets } from './versions.js'

/**
 * Reads an ONNX file. Weights stay views of the file's bytes, external data is read when asked for.
 * Throws UserError for anything wrong with the file.
 */
export async function readModel(path: string): Promise<Model> {
  const bytes = await readWholeFile(path)
  return modelFromBytes(bytes, { file: path })
}

/** Where bytes of a model are from. */
export interface BytesOptions {
  /** Where the bytes come from: named in messages, kept as `Model.file`. */
  readonly file?: string
  /** Folder of external data; default: that of `file`. Without one, external data is refused. */
  readonly folder?: string
}

/** Reads a model from the content of an ONNX file. The bytes must not change afterwards: weights are views of them. */
export function modelFromBytes(bytes: Uint8Array, options: BytesOptions = {}): Model {
  const { file } = options
  const folder = options.folder ?? (file === undefined ? undefined : folderOf(file))
  try {
    return modelFromProto(decodeModel(bytes), file, folder)
  } catch (error) {
    if (error instanceof UserError) error.file ??= file
    throw error
  }
}

function modelFromProto(proto: ModelProto, file: string | undefined, folder: string | undefined): Model {
  const irVersion = readIrVersion(proto)
  const warnings: string[] = []
  const opsets = readModelOpsets(proto, irVersion, warnings)
  const model = new Model(irVersion, opsets, file, proto)
  model.warnings.push(...warnings)
  if (proto.graph == null) {
    throw new UserError('invalid-model', 'graph', 'the model has no graph', 'check that the file is complete')
  }
  const external = new ExternalFiles(folder, model.warnings)
  const unknownOperators = new Map<string, number>()
  const context: ImportContext = { model, external, functions: indexFunctions(proto, irVersion), unknownOperators }

  model.graph = new Graph(model, proto.graph.name ?? '', proto.graph)
  if (model.graph.name === '') model.warnings.push('graph: the main graph has no name')
  const scope = new GraphReader(context, opsets, false).read(model.graph, proto.graph, undefined, '')
  readFunctions(context)
  pinTraining(proto, scope, context)
  external.checkOverlaps()
  model.usesExternalData = external.isUsed
  for (const [operator, count] of unknownOperators) {
    model.warnings.push(`operator ${quoted(operator)} is not known: ${count} of it, kept as they are`)
  }
  return model
}

/** At most this many bytes go through one read call. */
const readSize = 1 << 30

async function readWholeFile(path: string): Promise<Buffer> {
  // Not to wait for a writer, should the path be a pipe.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UserError('not-found', '', 'no such file', 'check the path', path)
    throw new UserError('unreadable', '', `cannot be opened (${error.code})`, 'check path and permissions', path)
  })
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new UserError('unreadable', '', 'is no file', 'give the path of an .onnx file', path)
    if (stat.size > messageSizeLimit) {
      const remedy = 'save the model with external data'
      throw new UserError('too-large', '', `is ${stat.size} bytes, over the 2 GiB of protobuf`, remedy, path)
    }
    const bytes = Buffer.allocUnsafeSlow(stat.size)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, Math.min(readSize, bytes.length - length), length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } catch (error) {
    if (error instanceof UserError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new UserError('unreadable', '', `cannot be read (${code})`, 'check the file and its permissions', path)
  } finally {
    await file.close()
  }
}
