// Seeded mutations of ONNX files, of bytes and of fields, for fuzzing the importer.

/** @returns {() => number} uniform in [0, 1), the same for the same seed (mulberry32) */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const below = (random, limit) => Math.floor(random() * limit)
const pick = (random, list) => list[below(random, list.length)]

/** One to four random changes of a file's bytes. */
export function mutateBytes(bytes, random) {
  let result = Buffer.from(bytes)
  for (let rounds = 1 + below(random, 4); rounds > 0; rounds--) {
    // Half of the changes keep the length: others seldom get past the frame of the messages.
    const changes = random() < 0.5 ? byteChanges.slice(0, 2) : byteChanges
    result = pick(random, changes)(result, random)
  }
  return result
}

const replaced = (bytes, from, to, middle) => Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)])
const randomBytes = (random, count) => Buffer.from(Array.from({ length: count }, () => below(random, 256)))
const range = (bytes, random) => {
  const from = below(random, bytes.length + 1)
  return [from, Math.min(bytes.length, from + below(random, 40))]
}

const byteChanges = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[below(random, bytes.length)] ^= 1 << below(random, 8)
    return bytes
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[below(random, bytes.length)] = pick(random, [0, 1, 0x7f, 0x80, 0xff])
    return bytes
  },
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  (bytes, random) => replaced(bytes, ...range(bytes, random), Buffer.alloc(0)),
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return replaced(bytes, from, from, bytes.subarray(from, to))
  },
  (bytes, random) => replaced(bytes, ...range(bytes, random), randomBytes(random, below(random, 20))),
  // A length or number at its limits.
  (bytes, random) => {
    const at = below(random, bytes.length + 1)
    const extreme = pick(random, [
      [0xff, 0xff, 0xff, 0xff, 0x07],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ])
    return replaced(bytes, at, Math.min(bytes.length, at + below(random, 3)), Buffer.from(extreme))
  },
]

/**
 * One to four random changes of a file's fields: numbers at their limits, names of other things, lists with entries
 * doubled, dropped, reordered or taken from elsewhere, messages cleared or swapped.
 *
 * @param {{ decodeModel: Function, encodeModel: Function, longOf: Function }} codec
 */
export function mutateFields(bytes, random, codec) {
  const model = codec.decodeModel(bytes)
  const byKey = new Map()
  const sites = []
  collect(model, sites, byKey)
  if (sites.length === 0) return mutateBytes(bytes, random)
  for (let rounds = 1 + below(random, 4); rounds > 0; rounds--) {
    const { holder, key } = pick(random, sites)
    holder[key] = changedField(holder[key], pick(random, byKey.get(key)), random, codec)
  }
  try {
    return Buffer.concat(codec.encodeModel(model))
  } catch {
    // Some changes cannot be written at all (a message inside itself): change bytes instead.
    return mutateBytes(bytes, random)
  }
}

function collect(message, sites, byKey) {
  for (const key of Object.keys(message)) {
    const value = message[key]
    if (value == null) continue
    sites.push({ holder: message, key })
    if (!byKey.has(key)) byKey.set(key, [])
    byKey.get(key).push(value)
    for (const inner of Array.isArray(value) ? value : [value]) {
      if (isMessage(inner)) collect(inner, sites, byKey)
    }
  }
}

const isLong = (value) => typeof value === 'object' && value !== null && 'high' in value && 'low' in value
const isMessage = (value) =>
  typeof value === 'object' && value !== null && !isLong(value) && !(value instanceof Uint8Array)

const names = [
  '',
  'x',
  'y',
  'w',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '../w.bin',
  'ä'.repeat(60),
  'If',
  'Loop',
]
const integers = [
  0n,
  1n,
  -1n,
  2n,
  7n,
  16n,
  127n,
  255n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]

function changedField(value, other, random, codec) {
  if (value === null || random() < 0.3) return other
  if (typeof value === 'string') return pick(random, names)
  if (typeof value === 'number') return Number(BigInt.asIntN(32, pick(random, integers)))
  if (Array.isArray(value)) return changedList(value, other, random, codec)
  if (value instanceof Uint8Array) return mutateBytes(value, random)
  if (isLong(value)) return codec.longOf(pick(random, integers))
  return random() < 0.5 ? null : other
}

function changedList(list, other, random, codec) {
  const copy = [...list]
  const at = below(random, copy.length + 1)
  switch (below(random, 7)) {
    case 0:
      copy.splice(at, 1)
      return copy
    case 1:
      copy.splice(at, 0, ...copy.slice(at, at + 1))
      return copy
    case 2:
      return copy.reverse()
    case 3:
      return []
    case 4:
      copy.splice(at, 0, pick(random, other))
      return copy.filter((entry) => entry !== undefined)
    case 5: {
      const to = below(random, copy.length)
      const [moved] = copy.splice(at, 1)
      if (moved !== undefined) copy.splice(to, 0, moved)
      return copy
    }
    default:
      return copy.map((entry, i) => (i === at && !isMessage(entry) ? changedField(entry, entry, random, codec) : entry))
  }
}
