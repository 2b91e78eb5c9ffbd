import type { Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { Kernel } from './kernels.js'

/** Bytes of activations alive while each kernel runs, and the largest of them. */
export interface MemoryTimeline {
  readonly peakBytes: number
  /** Index of the kernel at the peak; -1 for no kernels. */
  readonly peakKernel: number
  readonly liveBytes: readonly number[]
}

/**
 * Liveness in execution order: an activation lives from the kernel that makes it (graph inputs: from the start) to the
 * last kernel that reads it (graph outputs: to the end). Views share the storage of what they view.
 */
export function planMemory(kernels: readonly Kernel[]): MemoryTimeline {
  const first = new Map<Value, number>()
  const last = new Map<Value, number>()
  const bytesOf = new Map<Value, number>()
  kernels.forEach(({ inputs, outputs }, at) => {
    for (const { value, bytes } of [...inputs, ...outputs]) {
      const storage = storageOf(value)
      bytesOf.set(storage, Math.max(bytes, bytesOf.get(storage) ?? 0))
      last.set(storage, isInterface(value) ? kernels.length - 1 : Math.max(at, last.get(storage) ?? 0))
      if (!first.has(storage)) first.set(storage, storage.isInput ? 0 : at)
    }
  })
  const delta = new Float64Array(kernels.length + 1)
  for (const [storage, bytes] of bytesOf) {
    delta[first.get(storage)!]! += bytes
    delta[last.get(storage)! + 1]! -= bytes
  }
  const liveBytes: number[] = []
  let live = 0
  let peakKernel = -1
  for (let at = 0; at < kernels.length; at++) {
    live += delta[at]!
    liveBytes.push(live)
    if (peakKernel < 0 || live > liveBytes[peakKernel]!) peakKernel = at
  }
  return { peakBytes: peakKernel < 0 ? 0 : liveBytes[peakKernel]!, peakKernel, liveBytes }
}

const isInterface = (value: Value): boolean => value.isGraphOutput && value.graph.parent === undefined

/** Follows reshapes and their like back to the value that owns the memory. */
function storageOf(value: Value): Value {
  let storage = value
  for (;;) {
    const view = storage.producer
    const source = view?.inputs[0]
    if (view === undefined || source === undefined) return storage
    if (contextOf(view)?.resolved.op.traits.includes('view') !== true) return storage
    storage = source
  }
}
