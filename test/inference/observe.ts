import { toProto } from '../../src/export/to-proto.js'
import { bindDim, type Dim } from '../../src/ir/dim.js'
import type { DType } from '../../src/ir/dtype.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { inferTypes } from '../../src/ir/infer.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { dimsOf, dtypeOf, tensorType, typeText } from '../../src/ir/type.js'
import { encodeModel } from '../../src/onnx/codec.js'
import { isFailure, type Runtime } from '../../src/runtime/session.js'

/** What inference said of the values of a model, held against what onnxruntime computed. */
export interface Observation {
  known: number
  unknown: number
  /** One line each: node, inferred, actual. */
  readonly wrong: string[]
  /** Operator -> values of unknown shape. */
  readonly unknownBy: Map<string, number>
}

export const noObservation = (): Observation => ({ known: 0, unknown: 0, wrong: [], unknownBy: new Map() })

/** Types that the JavaScript API can hand out. */
const visible = new Set<DType>(
  'float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool string'.split(' ') as DType[],
)

/**
 * Makes every intermediate value of the main graph an output, runs the model, and compares dtype, every size (symbols of the
 * inputs bound to what was fed) and known element values. Gives a reason when the model cannot be run so.
 */
export async function observe(
  model: Model,
  feeds: ReadonlyMap<string, Tensor>,
  runtime: Runtime,
  into: Observation,
): Promise<string | undefined> {
  inferTypes(model)
  const values: Value[] = []
  for (const node of model.graph.nodes()) {
    for (const output of node.outputs) {
      if (output === undefined || output.name === '') continue
      const dtype = dtypeOf(output.type)
      if (output.type !== undefined && output.type.kind !== 'tensor') continue
      if (dtype === undefined) count(into, output, false)
      else if (visible.has(dtype)) values.push(output)
    }
  }
  for (const value of values) {
    if (value.isGraphOutput) continue
    value.claim = tensorType(dtypeOf(value.type)!)
    value.outputSlots += 1
    model.graph.outputs.push(value)
  }
  const bytes = Buffer.concat(encodeModel(toProto(model)))
  const plain = await runtime.load({ bytes }, { optimization: 'disabled' })
  const session = isFailure(plain) ? await runtime.load({ bytes }, { optimization: 'all' }) : plain
  if (isFailure(session)) return session.message
  const results = await runtime.run(session, feeds)
  await runtime.release(session)
  if (isFailure(results)) return results.message
  const bindings = bindingsOf(model, feeds)
  for (const value of values) {
    const actual = results.get(value.name)
    if (actual !== undefined) compare(value, actual, bindings, into)
  }
  return undefined
}

function bindingsOf(model: Model, feeds: ReadonlyMap<string, Tensor>): Map<string, Dim> {
  const bindings = new Map<string, Dim>()
  for (const input of model.graph.inputs) {
    const fed = feeds.get(input.name)
    dimsOf(input.type)?.forEach((dim, axis) => {
      if (typeof dim !== 'number' && fed?.dims[axis] !== undefined) bindings.set(dim.key, fed.dims[axis])
    })
  }
  return bindings
}

function compare(value: Value, actual: Tensor, bindings: ReadonlyMap<string, Dim>, into: Observation): void {
  const dims = dimsOf(value.type)?.map((dim) => bindDim(dim, bindings))
  const content = value.content?.map((element) => bindDim(element, bindings))
  const sizesFit =
    dims === undefined ||
    (dims.length === actual.rank && dims.every((dim, i) => typeof dim !== 'number' || dim === actual.dims[i]))
  const elements = content === undefined ? undefined : actual.numbers()
  const contentFits =
    content === undefined || content.every((element, i) => typeof element !== 'number' || element === elements![i])
  if (dtypeOf(value.type) !== actual.dtype || !sizesFit || !contentFits) {
    const shown = content === undefined ? typeText(value.type) : `${typeText(value.type)} = [${content}]`
    into.wrong.push(
      `${value.producer?.label}: inferred ${shown}, is ${actual.dtype}[${actual.dims}]${contentFits ? '' : ` = [${Array.from(elements!)}]`}`,
    )
    return
  }
  count(into, value, dims?.every((dim) => typeof dim === 'number') === true)
}

function count(into: Observation, value: Value, isKnown: boolean): void {
  if (isKnown) into.known += 1
  else {
    into.unknown += 1
    const type = value.producer?.opType ?? 'input'
    into.unknownBy.set(type, (into.unknownBy.get(type) ?? 0) + 1)
  }
}
