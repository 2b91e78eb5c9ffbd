// The child process that owns onnxruntime. Plain JavaScript: Node 20 starts no TypeScript. It knows nothing of the rest
// of the program; records come and go over the IPC channel. A crash here is a verdict there.

/** @typedef {{ dtype: string, dims: number[], bytes?: Uint8Array, strings?: string[] }} TensorRecord */

/** Bytes of outputs that one answer may hold. */
const replyLimit = 2 ** 29

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

  async run({ session, feeds, outputs }) {
    const results = await sessions.get(session).run(await toFeeds(feeds), outputs ?? sessions.get(session).outputNames)
    const records = Object.entries(results).map(([name, tensor]) => [name, toRecord(tensor)])
    const bytes = records.reduce((sum, [, record]) => sum + (record.bytes?.byteLength ?? 0), 0)
    // The channel breaks on messages of gigabytes.
    if (bytes > replyLimit) throw new Error(`outputs of ${bytes} bytes are too large to compare`)
    return Object.fromEntries(records)
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
  for (const [name, { dtype, dims, bytes, strings }] of Object.entries(records)) {
    if (strings !== undefined) {
      feeds[name] = new Tensor('string', strings, dims)
      continue
    }
    const [type, ArrayType] = kinds.get(dtype) ?? []
    if (type === undefined) throw new Error(`cannot feed ${dtype}`)
    const copy = Uint8Array.from(bytes)
    feeds[name] = new Tensor(type, new ArrayType(copy.buffer, 0, copy.byteLength / ArrayType.BYTES_PER_ELEMENT), dims)
  }
  return feeds
}

/** @returns {TensorRecord} */
function toRecord(tensor) {
  const dims = [...tensor.dims]
  if (tensor.type === 'string') return { dtype: 'string', dims, strings: [...tensor.data] }
  const { buffer, byteOffset, byteLength } = tensor.data
  // A copy of just this tensor: the IPC channel would otherwise send the whole buffer behind a view.
  return { dtype: tensor.type, dims, bytes: new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength)) }
}

process.on('message', async ({ id, call, args }) => {
  try {
    process.send({ id, value: await handlers[call](args) })
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error) })
  }
})
process.on('disconnect', () => process.exit(0))
// A terminal sends Ctrl-C to the whole group: what becomes of it here is decided there.
process.on('SIGINT', () => {})
