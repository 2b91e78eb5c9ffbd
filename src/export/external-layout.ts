import type { ByteSource } from '../ir/tensor.js'
import { bytesSource } from '../ir/tensor.js'
import { changed, externalLocation, type ModelProto, type TensorProto } from '../onnx/messages.js'
import { externalSources } from '../onnx/origins.js'
import { mapTensors } from './map-tensors.js'
import { externalEntries } from './tensors.js'

/** Slices begin at multiples of this many bytes, so that a runtime can map them into memory. */
const alignment = 4096

/** Smaller tensors stay in the model file: runtimes look at them while loading. */
const smallest = 1024

export interface Placement {
  readonly offset: number
  readonly source: ByteSource
}

export interface ExternalLayout {
  /** The model with every external tensor pointing into the data file. */
  readonly proto: ModelProto
  /** What goes into the data file, in ascending order. */
  readonly placements: readonly Placement[]
  readonly size: number
}

export interface LayoutOptions {
  /** Name of the data file, beside the model. */
  readonly location: string
  /** Inline tensors to move out as well, when they are not small. Those that are external already always move. */
  readonly moves: (tensor: TensorProto) => boolean
}

/** Lays out a data file: tensors in the order of the model, equal slices of the old files once. Same model, same layout. */
export function layOut(model: ModelProto, options: LayoutOptions): ExternalLayout {
  const placements: Placement[] = []
  const known = new Map<string, number>()
  let size = 0

  const place = (source: ByteSource): number => {
    const { file, byteLength } = source
    const key = file === undefined ? undefined : `${file.offset} ${byteLength} ${file.path}`
    const before = key === undefined ? undefined : known.get(key)
    if (before !== undefined) return before
    const offset = Math.ceil(size / alignment) * alignment
    placements.push({ offset, source })
    if (key !== undefined) known.set(key, offset)
    size = offset + byteLength
    return offset
  }

  const proto = mapTensors(model, (tensor) => {
    const isExternal = tensor.data_location === externalLocation
    const source = isExternal ? externalSources.get(tensor) : movableSource(tensor, options)
    if (source === undefined) {
      if (isExternal) throw new Error(`the content of external tensor "${tensor.name}" is nowhere to be found`)
      return tensor
    }
    return changed(tensor, {
      raw_data: undefined,
      data_location: externalLocation,
      external_data: externalEntries(options.location, place(source), source.byteLength),
    })
  })
  return { proto, placements, size }
}

function movableSource(tensor: TensorProto, { moves }: LayoutOptions): ByteSource | undefined {
  const { raw_data } = tensor
  if (raw_data == null || raw_data.byteLength < smallest || !moves(tensor)) return undefined
  return bytesSource(raw_data)
}
