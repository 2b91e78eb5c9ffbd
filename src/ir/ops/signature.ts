import { type DType, dtypeOfOnnxName } from '../dtype.js'

/**
 * The formal side of an operator version, written as one line of text in its declaration:
 *
 * `(X: T, W: T, B?: T) -> (Y: T) {group: int = 1, pads: ints, axis!: int} T: @float3`
 *
 * `?` optional, `...` variadic (`...~` when its elements may differ in type), `!` a required attribute. A parameter's
 * type is a type variable or a type. Names that begin with @ are the sets of `typeSets`. Source: ONNX operator schemas.
 */
export interface Signature {
  readonly inputs: readonly Parameter[]
  readonly outputs: readonly Parameter[]
  readonly attributes: ReadonlyMap<string, AttributeSpec>
  /** Type variable -> the ONNX type strings it ranges over. */
  readonly types: ReadonlyMap<string, readonly string[]>
  readonly minInputs: number
  readonly maxInputs: number
  readonly minOutputs: number
  readonly maxOutputs: number
}

export interface Parameter {
  readonly name: string
  readonly option: 'single' | 'optional' | 'variadic'
  /** Whether it may be left out. */
  readonly isOptional: boolean
  /** Variadic only: all elements have the same type. */
  readonly isHomogeneous: boolean
  /** A key of `types`, or a type string such as `tensor(int64)`. */
  readonly type: string
}

export interface AttributeSpec {
  /** In the words of AttributeProto.AttributeType, lower case. */
  readonly type: string
  readonly isRequired: boolean
  /** As text; undefined when absence is meaningful. */
  readonly default: string | undefined
}

const ir3 =
  'float uint8 int8 uint16 int16 int32 int64 string bool float16 double uint32 uint64 complex64 complex128'.split(' ')
const ir4 = [...ir3, 'bfloat16']
const ir9 = [...ir4, 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz']
const ir10 = [...ir9, 'uint4', 'int4']
const ir11 = [...ir10, 'float4e2m1']
const ir12 = [...ir11, 'float8e8m0']
const numeric3 = 'float uint8 int8 uint16 int16 int32 int64 float16 double uint32 uint64'.split(' ')
const float3 = ['float16', 'float', 'double']
const wide3 = ['uint32', 'uint64', 'int32', 'int64', ...float3]

/** Sets of tensor element types that many operators share; the number is the IR version that brought the newest member. */
export const typeSets: Readonly<Record<string, readonly string[]>> = {
  '@ir3': ir3,
  '@ir4': ir4,
  '@ir9': ir9,
  '@ir10': ir10,
  '@ir11': ir11,
  '@ir12': ir12,
  '@ir13': [...ir12, 'uint2', 'int2'],
  '@numeric3': numeric3,
  '@numeric4': [...numeric3, 'bfloat16'],
  '@float3': float3,
  '@float4': [...float3, 'bfloat16'],
  '@wide3': wide3,
  '@wide4': [...wide3, 'bfloat16'],
  '@integers': 'uint8 int8 uint16 int16 int32 int64 uint32 uint64'.split(' '),
  '@float8': ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'],
}

const parsed = new Map<string, Signature>()

/** Parses a signature line (cached: declarations are parsed when a model first needs them). */
export function parseSignature(text: string): Signature {
  let signature = parsed.get(text)
  if (signature === undefined) parsed.set(text, (signature = parse(text)))
  return signature
}

const shape = /^\((.*?)\) -> \((.*?)\)(?: \{(.*)\})?(?: ([A-Za-z]\w*: .*))?$/

function parse(text: string): Signature {
  const match = shape.exec(text)
  if (match === null) throw new Error(`malformed signature: ${text}`)
  const [, inputText, outputText, attributeText, typeText] = match
  const inputs = parseParameters(inputText!)
  const outputs = parseParameters(outputText!)
  const types = new Map<string, readonly string[]>()
  for (const part of typeText?.split('; ') ?? []) {
    const colon = part.indexOf(': ')
    types.set(
      part.slice(0, colon),
      part
        .slice(colon + 2)
        .split('|')
        .flatMap(expandType),
    )
  }
  return {
    inputs,
    outputs,
    attributes: parseAttributes(attributeText),
    types,
    minInputs: least(inputs),
    maxInputs: most(inputs),
    minOutputs: least(outputs),
    maxOutputs: most(outputs),
  }
}

/** `@ir3` -> tensor types; `seq(@ir3)` -> sequence types; `int64` -> `tensor(int64)`; the rest as it is. */
function expandType(type: string): readonly string[] {
  const wrapped = /^([a-z_]+)\((.*)\)$/.exec(type)
  if (wrapped !== null && wrapped[1] !== 'map' && wrapped[1] !== 'sparse_tensor') {
    return wrapped[1] === 'tensor' ? [type] : expandType(wrapped[2]!).map((inner) => `${wrapped[1]}(${inner})`)
  }
  const set = typeSets[type]
  if (set !== undefined) return set.map((name) => `tensor(${name})`)
  return dtypeOfOnnxName(type) === undefined ? [type] : [`tensor(${type})`]
}

function parseParameters(text: string): Parameter[] {
  if (text === '') return []
  return text.split(', ').map((part) => {
    const [, dots, tilde, name, mark, type] = /^(\.\.\.)?(~)?([\w.]+)(\?)?: (.+)$/.exec(part) ?? []
    if (name === undefined || type === undefined) throw new Error(`malformed parameter: ${part}`)
    const option = dots !== undefined ? 'variadic' : mark !== undefined ? 'optional' : 'single'
    return {
      name,
      option,
      isOptional: mark !== undefined,
      isHomogeneous: tilde === undefined,
      type: dtypeOfOnnxName(type) ? `tensor(${type})` : type,
    }
  })
}

function parseAttributes(text: string | undefined): Map<string, AttributeSpec> {
  const attributes = new Map<string, AttributeSpec>()
  for (const [, name, mark, type, value] of text?.matchAll(/(\w+)(!)?: (\w+)(?: = ("[^"]*"|\[[^\]]*\]|[^,]+))?/g) ??
    []) {
    attributes.set(name!, { type: type!, isRequired: mark !== undefined, default: value })
  }
  return attributes
}

const least = (parameters: readonly Parameter[]) => parameters.findLastIndex(({ isOptional }) => !isOptional) + 1

const most = (parameters: readonly Parameter[]) =>
  parameters.some(({ option }) => option === 'variadic') ? Number.POSITIVE_INFINITY : parameters.length

/** The dtype of `tensor(float)`; undefined for sequences, maps and optionals. */
export function dtypeOfTypeText(type: string): DType | undefined {
  const match = /^tensor\((\w+)\)$/.exec(type)
  return match === null ? undefined : dtypeOfOnnxName(match[1]!)
}
