import { saturate, type Tensor } from './tensor.js'
import type { ValueType } from './type.js'

type Plain<Graph> =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'strings'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  | { readonly kind: 'sparse_tensor'; readonly value: unknown }
  | { readonly kind: 'sparse_tensors'; readonly value: unknown }
  | { readonly kind: 'type_proto'; readonly value: ValueType | undefined }
  | { readonly kind: 'type_protos'; readonly value: unknown }
  /** The value of attribute `value` of the calling node; only in function bodies. `type` is what it will be. */
  | { readonly kind: 'reference'; readonly value: string; readonly type: string }

/** An attribute of a node; `graph.ts` says what a graph is. Exactly one value, by kind. */
export type AttributeOf<Graph> = Plain<Graph> & { readonly origin?: unknown }

/** What has attributes: typed readers, undefined (or what the caller says) where one is absent or of another kind. */
export class AttributeOwner<Graph> {
  readonly attributes: Map<string, AttributeOf<Graph>> = new Map()

  get hasReferences(): boolean {
    for (const attribute of this.attributes.values()) if (attribute.kind === 'reference') return true
    return false
  }

  int(name: string): number | undefined
  int(name: string, absent: number): number
  int(name: string, absent?: number): number | undefined {
    const attribute = this.attributes.get(name)
    if (attribute?.kind !== 'int') return absent
    return saturate(attribute.value)
  }

  /** Values beyond the safe integers saturate: they stand for "to the end". */
  ints(name: string): number[] | undefined
  ints(name: string, absent: readonly number[]): readonly number[]
  ints(name: string, absent?: readonly number[]): readonly number[] | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'ints' ? attribute.value.map(saturate) : absent
  }

  float(name: string): number | undefined
  float(name: string, absent: number): number
  float(name: string, absent?: number): number | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'float' ? attribute.value : absent
  }

  floats(name: string): readonly number[] | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'floats' ? attribute.value : undefined
  }

  text(name: string): string | undefined
  text(name: string, absent: string): string
  text(name: string, absent?: string): string | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'string' ? Buffer.from(attribute.value).toString('utf8') : absent
  }

  texts(name: string): string[] | undefined {
    const attribute = this.attributes.get(name)
    if (attribute?.kind !== 'strings') return undefined
    return attribute.value.map((bytes) => Buffer.from(bytes).toString('utf8'))
  }

  tensor(name: string): Tensor | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'tensor' ? attribute.value : undefined
  }

  subgraph(name: string): Graph | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'graph' ? attribute.value : undefined
  }

  /** All graphs among its attributes. */
  *subgraphs(): Generator<Graph> {
    for (const attribute of this.attributes.values()) {
      if (attribute.kind === 'graph') yield attribute.value
      else if (attribute.kind === 'graphs') yield* attribute.value
    }
  }

  get hasSubgraphs(): boolean {
    for (const attribute of this.attributes.values()) {
      if (attribute.kind === 'graph' || attribute.kind === 'graphs') return true
    }
    return false
  }
}
