import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { encodeModel, messageSizeLimit, sizeOfChunks } from '../onnx/codec.js'
import type { ModelProto } from '../onnx/messages.js'
import { type ExternalLayout, layOut } from './external-layout.js'
import { StagingFolder, syncFolder, writeError } from './staging.js'
import { isNewTensor } from './tensors.js'
import { toProto } from './to-proto.js'

/** How a model is written. */
export interface WriteOptions {
  /** Aborting leaves no file behind. */
  readonly signal?: AbortSignal
  /** A model file of more bytes than this keeps its weights beside itself; default: the limit of protobuf, 2 GiB. */
  readonly inlineLimit?: number
}

/** The files that were written. */
export interface WrittenModel {
  /** Size and digest (hex) of the model file. */
  readonly bytes: number
  readonly sha256: string
  /** Every file written: the model, then its data file if it has one. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

/** A model on disk that is not at its place yet. One of `commit` and `discard` ends it. */
export interface StagedModel {
  /** The complete model file, with its data file beside it: it can be loaded from here. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** Moves it to its place, replacing what was there. */
  commit(): Promise<WrittenModel>
  /** Removes it. Harmless after `commit`. */
  discard(): Promise<void>
}

/**
 * Writes a model: under a temporary name, synced, renamed. Weights that lay outside the file are streamed into a data
 * file of our own name beside it, and so are the others when the file would be too large for protobuf. The files that
 * the model was read from are never touched. Throws UserError('write-failed').
 */
export async function writeModel(model: Model, path: string, options: WriteOptions = {}): Promise<WrittenModel> {
  const staged = await stageModel(model, path, options)
  try {
    options.signal?.throwIfAborted()
    return await staged.commit()
  } catch (error) {
    await staged.discard()
    throw error
  }
}

/** Writes a model into a temporary folder beside its place, synced, to be looked at before it is moved there. */
export async function stageModel(model: Model, path: string, options: WriteOptions = {}): Promise<StagedModel> {
  const { signal, inlineLimit = messageSizeLimit } = options
  signal?.throwIfAborted()
  const name = basename(path)
  const dataName = `${name}.data`
  const { chunks, layout } = encode(model, toProto(model), dataName, inlineLimit)
  const names = layout === undefined ? [name] : [name, dataName]
  const targets = names.map((target) => join(dirname(path), target))
  await checkTargets(targets, sourceFiles(model, layout), path)
  const staging = await StagingFolder.beside(path)
  try {
    const written = await writeChunks(staging.file(name), chunks, signal)
    if (layout !== undefined) await writeData(staging.file(dataName), layout, signal)
    const sizes = [written.bytes, layout?.size ?? 0]
    return {
      path: staging.file(name),
      ...written,
      async commit() {
        // The data first: a model whose data is missing is worse than data nobody names.
        for (const target of [...names].reverse()) await staging.release(target, path)
        await staging.remove()
        await syncFolder(dirname(path))
        return { ...written, files: targets.map((target, i) => ({ path: target, bytes: sizes[i]! })) }
      },
      discard: () => staging.remove(),
    }
  } catch (error) {
    await staging.remove()
    throw signal?.aborted ? signal.reason : writeError(error, path)
  }
}

interface Encoded {
  readonly chunks: readonly Uint8Array[]
  readonly layout: ExternalLayout | undefined
}

function encode(model: Model, proto: ModelProto, location: string, inlineLimit: number): Encoded {
  if (model.usesExternalData) {
    // What was inline stays inline, what a pass made goes where the weights are.
    const layout = layOut(proto, { location, moves: isNewTensor })
    const chunks = encodeModel(layout.proto)
    const isOutside = layout.placements.length > 0
    if (sizeOfChunks(chunks) <= inlineLimit) return { chunks, layout: isOutside ? layout : undefined }
  } else {
    const chunks = encodeModel(proto)
    if (sizeOfChunks(chunks) <= inlineLimit) return { chunks, layout: undefined }
  }
  const layout = layOut(proto, { location, moves: () => true })
  const chunks = encodeModel(layout.proto)
  if (sizeOfChunks(chunks) > messageSizeLimit) {
    throw new UserError('too-large', '', 'the model is over 2 GiB even without its weights', 'split the model')
  }
  return { chunks, layout }
}

/** Files that the model was read from and still reads from. */
function sourceFiles(model: Model, layout: ExternalLayout | undefined): Set<string> {
  const files = new Set<string>()
  if (model.file !== undefined) files.add(model.file)
  for (const { source } of layout?.placements ?? []) if (source.file !== undefined) files.add(source.file.path)
  return files
}

async function checkTargets(targets: readonly string[], sources: Iterable<string>, path: string): Promise<void> {
  const inputs = new Set<string>()
  for (const source of sources) inputs.add(await realpath(source).catch(() => resolve(source)))
  for (const target of targets) {
    const real = await realpath(target).catch(() => resolve(target))
    if (inputs.has(real)) {
      const what = `would overwrite ${basename(target)}, a file of the model that was read`
      throw new UserError('usage', '', what, 'choose another output name', path)
    }
    const stat = await lstat(target).catch(() => undefined)
    if (stat !== undefined && !stat.isFile() && !stat.isSymbolicLink()) {
      throw new UserError('write-failed', '', 'exists and is no file', 'choose another output name', target)
    }
  }
}

async function writeChunks(
  path: string,
  chunks: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<{ bytes: number; sha256: string }> {
  const digest = createHash('sha256')
  const file = await open(path, 'wx')
  let bytes = 0
  try {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.byteLength; at += blockSize) {
        signal?.throwIfAborted()
        const block = chunk.subarray(at, at + blockSize)
        digest.update(block)
        await writeFully(file, block, bytes)
        bytes += block.byteLength
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, sha256: digest.digest('hex') }
}

/** Weights pass through memory in pieces of this many bytes. */
const blockSize = 8 << 20

async function writeData(path: string, layout: ExternalLayout, signal: AbortSignal | undefined): Promise<void> {
  const file = await open(path, 'wx')
  try {
    const buffer = Buffer.allocUnsafeSlow(blockSize)
    for (const { offset, source } of layout.placements) {
      if (source.file === undefined) await copyBytes(source.read(), file, offset, signal)
      else await copySlice({ ...source.file, length: source.byteLength }, file, offset, buffer, signal)
    }
    // The last slice may be empty, or end in a hole.
    await file.truncate(layout.size)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function copyBytes(bytes: Uint8Array, to: FileHandle, offset: number, signal: AbortSignal | undefined) {
  for (let at = 0; at < bytes.byteLength; at += blockSize) {
    signal?.throwIfAborted()
    await writeFully(to, bytes.subarray(at, at + blockSize), offset + at)
  }
}

interface SourceSlice {
  readonly path: string
  readonly offset: number
  readonly length: number
}

async function copySlice(
  slice: SourceSlice,
  to: FileHandle,
  offset: number,
  buffer: Buffer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const from = await open(slice.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    for (let at = 0; at < slice.length; ) {
      signal?.throwIfAborted()
      const wanted = Math.min(buffer.length, slice.length - at)
      const { bytesRead } = await from.read(buffer, 0, wanted, slice.offset + at)
      if (bytesRead === 0) {
        const remedy = 'leave the file alone while the model is written'
        throw new UserError('external-data', '', 'lost its end', remedy, slice.path)
      }
      await writeFully(to, buffer.subarray(0, bytesRead), offset + at)
      at += bytesRead
    }
  } finally {
    await from.close()
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.byteLength - at, position + at)
    at += bytesWritten
  }
}
