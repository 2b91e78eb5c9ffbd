import { addDims, type Dim, unknownDim } from '../dim.js'
import type { DType } from '../dtype.js'
import { tensorType, type ValueType } from '../type.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const arrayFeatureExtractor = defineOp({
  domain: 'ai.onnx.ml',
  type: 'ArrayFeatureExtractor',
  signatures: {
    1: '(X: T, Y: int64) -> (Z: T) T: float|double|int64|int32|string',
  },
  dims: (c) => [
    c.dims(0) === undefined
      ? undefined
      : [...(c.rank(0) === 1 ? [1] : c.dims(0)!.slice(0, -1)), c.dims(1)?.at(-1) ?? unknownDim()],
  ],
})

export const binarizer = defineOp({
  domain: 'ai.onnx.ml',
  type: 'Binarizer',
  signatures: {
    1: '(X: T) -> (Y: T) {threshold: float = 0.0} T: float|double|int64|int32',
  },
  dims: (c) => [c.dims(0)],
})

export const castMap = defineOp({
  domain: 'ai.onnx.ml',
  type: 'CastMap',
  signatures: {
    1: '(X: T1) -> (Y: T2) {cast_to: string = "TO_FLOAT", map_form: string = "DENSE", max_map: int = 1} T1: map(int64, string)|map(int64, float); T2: string|float|int64',
  },
})

export const categoryMapper = defineOp({
  domain: 'ai.onnx.ml',
  type: 'CategoryMapper',
  signatures: {
    1: '(X: T1) -> (Y: T2) {cats_int64s: ints, cats_strings: strings, default_int64: int = -1, default_string: string = "_Unused"} T1: string|int64; T2: string|int64',
  },
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.dtype(0) === 'string' ? 'int64' : 'string'],
})

export const dictVectorizer = defineOp({
  domain: 'ai.onnx.ml',
  type: 'DictVectorizer',
  signatures: {
    1: '(X: T1) -> (Y: T2) {int64_vocabulary: ints, string_vocabulary: strings} T1: map(string, int64)|map(int64, string)|map(int64, float)|map(int64, double)|map(string, float)|map(string, double); T2: int64|float|double|string',
  },
})

export const featureVectorizer = defineOp({
  domain: 'ai.onnx.ml',
  type: 'FeatureVectorizer',
  signatures: {
    1: '(...X: T1) -> (Y: float) {inputdimensions: ints} T1: int32|int64|float|double',
  },
  dims: (c) => [
    [
      c.dims(0)?.length === 2 ? c.dims(0)![0]! : unknownDim(),
      c.node.inputs.reduce<Dim>((sum, _, i) => addDims(sum, c.dims(i)?.at(-1) ?? unknownDim()), 0),
    ],
  ],
})

export const imputer = defineOp({
  domain: 'ai.onnx.ml',
  type: 'Imputer',
  signatures: {
    1: '(X: T) -> (Y: T) {imputed_value_floats: floats, imputed_value_int64s: ints, replaced_value_float: float = 0.0, replaced_value_int64: int = 0} T: float|double|int64|int32',
  },
  dims: (c) => [c.dims(0)],
})

export const labelEncoder = defineOp({
  domain: 'ai.onnx.ml',
  type: 'LabelEncoder',
  signatures: {
    1: '(X: T1) -> (Y: T2) {classes_strings: strings, default_int64: int = -1, default_string: string = "_Unused"} T1: string|int64; T2: string|int64',
    2: '(X: T1) -> (Y: T2) {default_float: float = -0.0, default_int64: int = -1, default_string: string = "_Unused", keys_floats: floats, keys_int64s: ints, keys_strings: strings, values_floats: floats, values_int64s: ints, values_strings: strings} T1: string|int64|float; T2: string|int64|float',
    4: '(X: T1) -> (Y: T2) {default_float: float = -0.0, default_int64: int = -1, default_string: string = "_Unused", default_tensor: tensor, keys_floats: floats, keys_int64s: ints, keys_strings: strings, keys_tensor: tensor, values_floats: floats, values_int64s: ints, values_strings: strings, values_tensor: tensor} T1: string|int64|float|int32|int16|double; T2: string|int64|float|int32|int16|double',
  },
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [labelDtype(c)],
})

export const linearClassifier = defineOp({
  domain: 'ai.onnx.ml',
  type: 'LinearClassifier',
  signatures: {
    1: '(X: T1) -> (Y: T2, Z: float) {classlabels_ints: ints, classlabels_strings: strings, coefficients!: floats, intercepts: floats, multi_class: int = 0, post_transform: string = "NONE"} T1: float|double|int64|int32; T2: string|int64',
  },
  dims: (c) => [[rows(c)], [rows(c), unknownDim()]],
  dtypes: (c) => [classDtype(c)],
})

export const linearRegressor = defineOp({
  domain: 'ai.onnx.ml',
  type: 'LinearRegressor',
  signatures: {
    1: '(X: T) -> (Y: float) {coefficients: floats, intercepts: floats, post_transform: string = "NONE", targets: int = 1} T: float|double|int64|int32',
  },
  dims: (c) => [[rows(c), c.int('targets') ?? 1]],
})

export const normalizer = defineOp({
  domain: 'ai.onnx.ml',
  type: 'Normalizer',
  signatures: {
    1: '(X: T) -> (Y: float) {norm: string = "MAX"} T: float|double|int64|int32',
  },
  dims: (c) => [c.dims(0)],
})

export const oneHotEncoder = defineOp({
  domain: 'ai.onnx.ml',
  type: 'OneHotEncoder',
  signatures: {
    1: '(X: T) -> (Y: float) {cats_int64s: ints, cats_strings: strings, zeros: int = 1} T: string|int64|int32|float|double',
  },
  dims: (c) => {
    const dims = c.dims(0)
    const categories = c.ints('cats_int64s') ?? strings(c, 'cats_strings')
    return [dims === undefined ? undefined : [...dims, categories?.length ?? unknownDim()]]
  },
})

export const svmClassifier = defineOp({
  domain: 'ai.onnx.ml',
  type: 'SVMClassifier',
  signatures: {
    1: '(X: T1) -> (Y: T2, Z: float) {classlabels_ints: ints, classlabels_strings: strings, coefficients: floats, kernel_params: floats, kernel_type: string = "LINEAR", post_transform: string = "NONE", prob_a: floats, prob_b: floats, rho: floats, support_vectors: floats, vectors_per_class: ints} T1: float|double|int64|int32; T2: string|int64',
  },
  dims: (c) => [[rows(c)], [rows(c), unknownDim()]],
  dtypes: (c) => [classDtype(c)],
})

export const svmRegressor = defineOp({
  domain: 'ai.onnx.ml',
  type: 'SVMRegressor',
  signatures: {
    1: '(X: T) -> (Y: float) {coefficients: floats, kernel_params: floats, kernel_type: string = "LINEAR", n_supports: int = 0, one_class: int = 0, post_transform: string = "NONE", rho: floats, support_vectors: floats} T: float|double|int64|int32',
  },
  dims: (c) => [[rows(c), 1]],
})

export const scaler = defineOp({
  domain: 'ai.onnx.ml',
  type: 'Scaler',
  signatures: {
    1: '(X: T) -> (Y: float) {offset: floats, scale: floats} T: float|double|int64|int32',
  },
  dims: (c) => [c.dims(0)],
})

export const treeEnsemble = defineOp({
  domain: 'ai.onnx.ml',
  type: 'TreeEnsemble',
  signatures: {
    5: '(X: T) -> (Y: T) {aggregate_function: int = 1, leaf_targetids!: ints, leaf_weights!: tensor, membership_values: tensor, n_targets: int, nodes_falseleafs!: ints, nodes_falsenodeids!: ints, nodes_featureids!: ints, nodes_hitrates: tensor, nodes_missing_value_tracks_true: ints, nodes_modes!: tensor, nodes_splits!: tensor, nodes_trueleafs!: ints, nodes_truenodeids!: ints, post_transform: int = 0, tree_roots!: ints} T: @float3',
  },
  dims: (c) => [[rows(c), c.int('n_targets') ?? unknownDim()]],
})

export const treeEnsembleClassifier = defineOp({
  domain: 'ai.onnx.ml',
  type: 'TreeEnsembleClassifier',
  signatures: {
    1: '(X: T1) -> (Y: T2, Z: float) {base_values: floats, class_ids: ints, class_nodeids: ints, class_treeids: ints, class_weights: floats, classlabels_int64s: ints, classlabels_strings: strings, nodes_falsenodeids: ints, nodes_featureids: ints, nodes_hitrates: floats, nodes_missing_value_tracks_true: ints, nodes_modes: strings, nodes_nodeids: ints, nodes_treeids: ints, nodes_truenodeids: ints, nodes_values: floats, post_transform: string = "NONE"} T1: float|double|int64|int32; T2: string|int64',
    3: '(X: T1) -> (Y: T2, Z: float) {base_values: floats, base_values_as_tensor: tensor, class_ids: ints, class_nodeids: ints, class_treeids: ints, class_weights: floats, class_weights_as_tensor: tensor, classlabels_int64s: ints, classlabels_strings: strings, nodes_falsenodeids: ints, nodes_featureids: ints, nodes_hitrates: floats, nodes_hitrates_as_tensor: tensor, nodes_missing_value_tracks_true: ints, nodes_modes: strings, nodes_nodeids: ints, nodes_treeids: ints, nodes_truenodeids: ints, nodes_values: floats, nodes_values_as_tensor: tensor, post_transform: string = "NONE"} T1: float|double|int64|int32; T2: string|int64',
    5: 'deprecated',
  },
  dims: (c) => [[rows(c)], [rows(c), unknownDim()]],
  dtypes: (c) => [classDtype(c)],
})

export const treeEnsembleRegressor = defineOp({
  domain: 'ai.onnx.ml',
  type: 'TreeEnsembleRegressor',
  signatures: {
    1: '(X: T) -> (Y: float) {aggregate_function: string = "SUM", base_values: floats, n_targets: int, nodes_falsenodeids: ints, nodes_featureids: ints, nodes_hitrates: floats, nodes_missing_value_tracks_true: ints, nodes_modes: strings, nodes_nodeids: ints, nodes_treeids: ints, nodes_truenodeids: ints, nodes_values: floats, post_transform: string = "NONE", target_ids: ints, target_nodeids: ints, target_treeids: ints, target_weights: floats} T: float|double|int64|int32',
    3: '(X: T) -> (Y: float) {aggregate_function: string = "SUM", base_values: floats, base_values_as_tensor: tensor, n_targets: int, nodes_falsenodeids: ints, nodes_featureids: ints, nodes_hitrates: floats, nodes_hitrates_as_tensor: tensor, nodes_missing_value_tracks_true: ints, nodes_modes: strings, nodes_nodeids: ints, nodes_treeids: ints, nodes_truenodeids: ints, nodes_values: floats, nodes_values_as_tensor: tensor, post_transform: string = "NONE", target_ids: ints, target_nodeids: ints, target_treeids: ints, target_weights: floats, target_weights_as_tensor: tensor} T: float|double|int64|int32',
    5: 'deprecated',
  },
  dims: (c) => [[rows(c), c.int('n_targets') ?? 1]],
})

export const zipMap = defineOp({
  domain: 'ai.onnx.ml',
  type: 'ZipMap',
  signatures: {
    1: '(X: float) -> (Z: T) {classlabels_int64s: ints, classlabels_strings: strings} T: seq(map(string, float))|seq(map(int64, float))',
  },
  traits: ['container'],
  types: (c): ValueType[] => {
    const key: DType = c.hasAttribute('classlabels_strings') ? 'string' : 'int64'
    return [{ kind: 'sequence', element: { kind: 'map', key, value: tensorType('float32', []) } }]
  },
})

export const machineLearningOps = [
  arrayFeatureExtractor,
  binarizer,
  castMap,
  categoryMapper,
  dictVectorizer,
  featureVectorizer,
  imputer,
  labelEncoder,
  linearClassifier,
  linearRegressor,
  normalizer,
  oneHotEncoder,
  svmClassifier,
  svmRegressor,
  scaler,
  treeEnsemble,
  treeEnsembleClassifier,
  treeEnsembleRegressor,
  zipMap,
]

/** How many samples: the first of two axes; one axis is one sample. */
const rows = (c: OpContext): Dim => {
  const dims = c.dims(0)
  return dims === undefined ? unknownDim() : dims.length === 1 ? 1 : dims[0]!
}

/** Labels are strings or integers, whichever the attributes list. */
function classDtype(c: OpContext): DType {
  return (strings(c, 'classlabels_strings')?.length ?? 0) > 0 ? 'string' : 'int64'
}

function strings(c: OpContext, name: string): readonly unknown[] | undefined {
  const attribute = c.attribute(name)
  return attribute?.kind === 'strings' ? attribute.value : undefined
}

/** The kind of the values that keys are mapped to. */
function labelDtype(c: OpContext): DType | undefined {
  const tensor = c.tensor('values_tensor')
  if (tensor !== undefined) return tensor.dtype
  if (c.hasAttribute('values_strings')) return 'string'
  if (c.hasAttribute('values_int64s')) return 'int64'
  if (c.hasAttribute('values_floats')) return 'float32'
  // Version 1 maps between strings and integers.
  return c.since === 1 ? (c.dtype(0) === 'string' ? 'int64' : 'string') : undefined
}
