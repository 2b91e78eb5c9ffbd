// The child process that owns onnxruntime. Plain JavaScript: Node 20 starts no TypeScript. It knows nothing of the rest
// of the program; records come and go over the IPC channel. A crash here is a verdict there.

import { readSync, writeSync } from 'node:fs'
import { Parts } from './parts.js'

/** @typedef {{ dtype: string, dims: number[], bytes?: Uint8Array, offset?: number, length?: number, strings?: string[] }} TensorRecord */

/** Bytes of outputs that one answer over the channel may hold. */
const replyLimit = 2 ** 29

/** Files that both processes have open: large tensors go through them, since the channel copies what it sends several times. */
const exchange = process.argv[2] === 'exchange' ? { inputs: 4, outputs: 5 } : undefined

/** Bytes from which on outputs go through the file. */
const fewest = 2 ** 16

/** What the file of outputs holds. */
const parts = new Parts()

const sessions = new Map()
/** @type {typeof import('onnxruntime-node') | undefined} */
let ort

// Where the language has Float16Array (Node 24), the API insists on it and its native half then reads no bytes from it. Without
// it, bit patterns in a Uint16Array work everywhere.
delete globalThis.Float16Array

async function runtime() {
  if (ort === undefined) {
    ort = await import('onnxruntime-node')
    ort.env.logLevel = 'fatal'
  }
  return ort
}

/** Names that the JavaScript API gives to element types, and the arrays that hold them. */
const kinds = new Map([
  ['float32', ['float32', Float32Array]],
  ['float64', ['float64', Float64Array]],
  ['int8', ['int8', Int8Array]],
  ['uint8', ['uint8', Uint8Array]],
  ['int16', ['int16', Int16Array]],
  ['uint16', ['uint16', Uint16Array]],
  ['int32', ['int32', Int32Array]],
  ['uint32', ['uint32', Uint32Array]],
  ['int64', ['int64', BigInt64Array]],
  ['uint64', ['uint64', BigUint64Array]],
  ['bool', ['bool', Uint8Array]],
  ['float16', ['float16', Uint16Array]],
])

const handlers = {
  async load({ session, source, optimization, threads, optimizedModelPath, tracePrefix }) {
    const { InferenceSession } = await runtime()
    const options = {
      graphOptimizationLevel: optimization,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
      ...(optimizedModelPath === undefined ? {} : { optimizedModelFilePath: optimizedModelPath }),
      ...(tracePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: tracePrefix }),
    }
    const created = await InferenceSession.create(source.path ?? source.bytes, options)
    sessions.set(session, created)
    return { inputs: [...created.inputNames], outputs: [...created.outputNames] }
  },

  async run({ session, feeds, outputs }, id) {
    const results = await sessions.get(session).run(await toFeeds(feeds), outputs ?? sessions.get(session).outputNames)
    const tensors = Object.entries(results)
    const bytes = tensors.reduce((sum, [, { type, data }]) => sum + (type === 'string' ? 0 : data.byteLength), 0)
    const answer = exchange !== undefined && bytes >= fewest ? written(tensors, id, bytes) : undefined
    if (answer !== undefined) return answer
    // The channel breaks on messages of gigabytes.
    if (bytes > replyLimit) throw new Error(`outputs of ${bytes} bytes are too large to compare`)
    return Object.fromEntries(tensors.map(([name, tensor]) => [name, toRecord(tensor)]))
  },

  /**
   * Milliseconds of each run, the JavaScript call included; the sessions take turns so that drift hits them alike. A run that
   * the system took the processor away from is made again, as often as there are runs in all.
   */
  async time({ sessions: names, feeds, warmUp, runs }) {
    const own = await Promise.all(feeds.map(toFeeds))
    const samples = names.map(() => [])
    const spare = names.map(() => runs)
    for (let i = -warmUp; i < runs; i++) {
      for (let k = 0; k < names.length; k++) {
        const session = sessions.get(names[k])
        for (;;) {
          const before = process.resourceUsage().involuntaryContextSwitches
          const start = performance.now()
          await session.run(own[k])
          const milliseconds = performance.now() - start
          const isDisturbed = process.resourceUsage().involuntaryContextSwitches !== before
          if (isDisturbed && i >= 0 && spare[k]-- > 0) continue
          if (i >= 0) samples[k].push(milliseconds)
          break
        }
      }
    }
    return samples
  },

  /** Runs a session that was loaded to trace, and ends the trace: its file appears then. */
  async trace({ session, feeds, runs }) {
    const own = await toFeeds(feeds)
    const traced = sessions.get(session)
    for (let i = 0; i < runs; i++) await traced.run(own)
    traced.endProfiling()
    return null
  },

  async release({ session }) {
    await sessions.get(session)?.release()
    sessions.delete(session)
    return null
  },
}

/** @param {Record<string, TensorRecord>} records */
async function toFeeds(records) {
  const { Tensor } = await runtime()
  // Without a prototype: an input may be called __proto__.
  const feeds = Object.create(null)
  for (const [name, { dtype, dims, bytes, offset, length, strings }] of Object.entries(records)) {
    if (strings !== undefined) {
      feeds[name] = new Tensor('string', strings, dims)
      continue
    }
    const [type, ArrayType] = kinds.get(dtype) ?? []
    if (type === undefined) throw new Error(`cannot feed ${dtype}`)
    const copy = bytes === undefined ? read(offset, length) : Uint8Array.from(bytes)
    feeds[name] = new Tensor(type, new ArrayType(copy.buffer, 0, copy.byteLength / ArrayType.BYTES_PER_ELEMENT), dims)
  }
  return feeds
}

function read(offset, length) {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const count = readSync(exchange.inputs, bytes, done, length - done, offset + done)
    if (count === 0) throw new Error('the file that inputs are exchanged by ends too early')
    done += count
  }
  return bytes
}

/** @returns {TensorRecord} */
function toRecord(tensor) {
  const dims = [...tensor.dims]
  if (tensor.type === 'string') return { dtype: 'string', dims, strings: [...tensor.data] }
  const { buffer, byteOffset, byteLength } = tensor.data
  // A copy of just this tensor: the IPC channel would otherwise send the whole buffer behind a view.
  return { dtype: tensor.type, dims, bytes: new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength)) }
}

/** Records of tensors that were written to the exchange; undefined: the disk is full. */
function written(tensors, id, bytes) {
  let at = parts.take(id, bytes)
  try {
    return Object.fromEntries(
      tensors.map(([name, tensor]) => {
        const { type, dims, data } = tensor
        if (type === 'string') return [name, toRecord(tensor)]
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        let done = 0
        while (done < bytes.length) done += writeSync(exchange.outputs, bytes, done, bytes.length - done, at + done)
        const record = { dtype: type, dims: [...dims], offset: at, length: bytes.length }
        at += bytes.length
        return [name, record]
      }),
    )
  } catch {
    parts.release(id)
    return undefined
  }
}

process.on('message', async ({ id, call, args, taken }) => {
  if (taken !== undefined) return parts.release(taken)
  try {
    process.send({ id, value: await handlers[call](args, id) })
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error) })
  }
})
process.on('disconnect', () => process.exit(0))
// A terminal sends Ctrl-C to the whole group: what becomes of it here is decided there.
process.on('SIGINT', () => {})
