import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StagingFolder } from '../export/staging.js'
import type { DType } from '../ir/dtype.js'
import { Tensor } from '../ir/tensor.js'

interface Stored {
  readonly dtype: DType
  readonly dims: readonly number[]
  readonly offset: number
  readonly bytes: number
}

/** Tensors of many samples under one name, on disk: one file, in the order in which they came. */
export class StoredValue {
  readonly #file: FileHandle
  readonly #records: (Stored | undefined)[] = []
  #end = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async add(sample: number, tensor: Tensor): Promise<void> {
    const content = tensor.bytes()
    this.#records[sample] = {
      dtype: tensor.dtype,
      dims: tensor.dims,
      offset: this.#end,
      bytes: content.byteLength,
    }
    const offset = this.#end
    this.#end += content.byteLength
    await this.#file.write(content, 0, content.byteLength, offset)
  }

  async of(sample: number): Promise<Tensor> {
    const record = this.#records[sample]
    if (record === undefined) throw new Error(`nothing stored for sample ${sample}`)
    const content = new Uint8Array(record.bytes)
    await this.#file.read(content, 0, record.bytes, record.offset)
    return Tensor.fromBytes(record.dtype, record.dims, content)
  }

  /** Whether samples can be joined along axis 0 without losing where one ends. */
  get isBatch(): boolean {
    const [first] = this.#records
    return this.#records.every((record) => record?.dims[0] === 1 && record.bytes === first?.bytes)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/**
 * Activations of a whole data set: they lie in files of a temporary folder, so that memory does not grow with the number of
 * samples. Close it when done: that removes the folder.
 */
export class ActivationStore {
  readonly #folder: StagingFolder
  readonly #values = new Map<string, { readonly value: StoredValue; readonly path: string }>()
  #count = 0

  private constructor(folder: StagingFolder) {
    this.#folder = folder
  }

  static async open(): Promise<ActivationStore> {
    return new ActivationStore(await StagingFolder.beside(join(tmpdir(), 'activations')))
  }

  async create(name: string): Promise<StoredValue> {
    const path = this.#folder.file(String(this.#count++))
    const value = new StoredValue(await open(path, 'w+'))
    this.#values.set(name, { value, path })
    return value
  }

  get(name: string): StoredValue | undefined {
    return this.#values.get(name)?.value
  }

  async drop(name: string): Promise<void> {
    const found = this.#values.get(name)
    if (found === undefined) return
    this.#values.delete(name)
    await found.value.close()
    await rm(found.path, { force: true })
  }

  /** Drops all but those. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    for (const name of [...this.#values.keys()]) if (!names.has(name)) await this.drop(name)
  }

  async close(): Promise<void> {
    await this.keepOnly(new Set())
    await this.#folder.remove()
  }
}
