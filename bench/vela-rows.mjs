// Rows of tables made with Arm's Vela (layers.csv.gz, synthetic_ops.csv.gz) as kernels.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

/** Rows of a CSV file as objects of strings; `file` is taken with or without `.gz`, whichever is there. */
export function readRows(name) {
  const plain = name.replace(/\.gz$/, '')
  const file = existsSync(`${plain}.gz`) ? `${plain}.gz` : plain
  const bytes = readFileSync(file)
  return parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true })
}

/** The target a row's `config` names: `u55-128-deep` is u55-128 in Arm's Deep_Embedded system (200 MHz, flash of 0.1 GB/s). */
export function targetOf(config, loadTarget) {
  const target = loadTarget(`ethos-${config.replace(/-deep$/, '')}`)
  if (!config.endsWith('-deep')) return target
  return { ...target, clockGHz: 0.2, memory: { ...target.memory, dramBytesPerCycle: 0.5 } }
}

const kinds = {
  Conv2DBias: 'convolution',
  Conv2D: 'convolution',
  Conv2DBackpropInputSwitchedBias: 'transposed-convolution',
  DepthwiseConv2DBias: 'depthwise',
  FullyConnected: 'matmul',
  AvgPool: 'pool',
  MaxPool: 'pool',
}

const opNames = {
  AvgPool: 'AveragePool',
  FullyConnected: 'Gemm',
  Maximum: 'Max',
  Minimum: 'Min',
  // Shifts, copies and changes of scale are plain arithmetic: the name only has to be one that needs no table.
  SHL: 'Abs',
  SHR: 'Abs',
  CLZ: 'Abs',
  Quantize: 'Abs',
  Memcpy: 'Abs',
}

/** One row of `layers.csv` as a kernel, by the operation the array runs. */
function shapeOfRow(row) {
  const kind = kinds[row.npu_op] ?? 'vector'
  const size = (prefix) => ['h', 'w', 'c'].map((axis) => Number(row[`${prefix}_${axis}`] || 1))
  const [inHeight, inWidth, inChannels] = size('in')
  const [outHeight, outWidth, outChannels] = size('out')
  const bytes = Number(row.in_bits) / 8
  const second = row.in2_c === '' ? 0 : size('in2').reduce((a, b) => a * b, 1)
  const convolves = kind === 'convolution' || kind === 'depthwise'
  return {
    kind,
    op: convolves ? 'Conv' : (opNames[row.npu_op] ?? row.npu_op),
    precision: bytes === 1 ? 'int8' : bytes === 2 ? 'int16' : 'float32',
    batch: Number(row.in_n || 1),
    inChannels,
    inHeight,
    inWidth,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight: Number(row.k_h),
    kernelWidth: Number(row.k_w),
    strideHeight: Number(row.stride_h),
    strideWidth: Number(row.stride_w),
    groups: kind === 'depthwise' ? inChannels : Number(row.groups),
    fused: 0,
    inputBytes: (inHeight * inWidth * inChannels + second) * bytes,
    outputBytes: outHeight * outWidth * outChannels * bytes,
    weightBytes: Number(row.weight_elems),
    macs: Number(row.vela_macs),
    activations: second > 0 ? 3 : 2,
    runLength: outChannels,
  }
}

/** A softmax from the first of the operations it became: a max pool over rows of its numbers. */
function softmaxOf(row) {
  const shape = shapeOfRow(row)
  const numbers = shape.inHeight * shape.inWidth
  return {
    ...shape,
    kind: 'vector',
    op: 'Softmax',
    inWidth: 1,
    inChannels: shape.inWidth,
    outWidth: 1,
    outHeight: shape.inHeight,
    outChannels: shape.inWidth,
    kernelHeight: 1,
    kernelWidth: 1,
    inputBytes: numbers,
    outputBytes: numbers,
    macs: 0,
    runLength: shape.inWidth,
  }
}

/** Kernels of one network's rows, in order, with what each reads; the operations of a softmax are one kernel. */
export function stepsOfRows(rows) {
  const steps = []
  for (let at = 0; at < rows.length; ) {
    const row = rows[at]
    let end = at + 1
    const startsSoftmax = row.tflite_op === 'Softmax' && row.npu_op === 'MaxPool'
    if (startsSoftmax) while (rows[end]?.tflite_op === 'Softmax' && rows[end].npu_op !== 'MaxPool') end += 1
    const shape = startsSoftmax ? softmaxOf(row) : shapeOfRow(row)
    steps.push({ shape, rows: rows.slice(at, end), reads: readsOf(shape, steps), isOutput: end === rows.length })
    at = end
  }
  return steps
}

/**
 * The table does not say what an operator reads. It is taken to read the operator before, unless the sizes differ; then
 * (a shortcut around a block) the last one before whose output has its input's size. An addition of two maps reads the
 * one before that, of the same size.
 */
function readsOf(shape, steps) {
  if (steps.length === 0) return shape.kind === 'vector' ? ['network', 'network'] : ['network']
  const inputs = shape.inHeight * shape.inWidth * shape.inChannels
  const fits = ({ shape: { outHeight, outWidth, outChannels } }) =>
    (outHeight === shape.inHeight && outChannels === shape.inChannels) || outHeight * outWidth * outChannels === inputs
  const first = steps.findLastIndex(fits)
  if (first < 0) return ['network']
  const isBinary = shape.op !== 'Softmax' && shape.kind === 'vector' && shape.inputBytes >= 2 * inputs
  const second = isBinary ? steps.slice(0, first).findLastIndex(fits) : -1
  return second < 0 ? [first] : [first, second]
}

const syntheticKinds = {
  conv: ['convolution', 'Conv'],
  dw: ['depthwise', 'Conv'],
  fc: ['matmul', 'Gemm'],
  avgpool: ['pool', 'AveragePool'],
  maxpool: ['pool', 'MaxPool'],
  add: ['vector', 'Add'],
}

/** One row of `synthetic_ops.csv` as a kernel. */
function shapeOfSynthetic(row) {
  const [kind, op] = syntheticKinds[row.kind]
  const n = (column) => Number(row[column])
  const inputs = n('in_h') * n('in_w') * n('in_c')
  return {
    kind,
    op,
    precision: 'int8',
    batch: 1,
    inChannels: n('in_c'),
    inHeight: n('in_h'),
    inWidth: n('in_w'),
    outChannels: n('out_c'),
    outHeight: n('out_h'),
    outWidth: n('out_w'),
    kernelHeight: n('kernel'),
    kernelWidth: n('kernel'),
    strideHeight: n('stride'),
    strideWidth: n('stride'),
    groups: kind === 'depthwise' ? n('in_c') : 1,
    fused: 0,
    inputBytes: kind === 'vector' ? 2 * inputs : inputs,
    outputBytes: n('out_h') * n('out_w') * n('out_c'),
    weightBytes: n('weight_elems'),
    macs: n('true_macs'),
    activations: kind === 'vector' ? 3 : 2,
    runLength: n('out_c'),
  }
}

/** One row of `synthetic_ops.csv` as a network of one operator. */
export function stepOfSynthetic(row) {
  const shape = shapeOfSynthetic(row)
  return { shape, reads: shape.kind === 'vector' ? ['network', 'network'] : ['network'], isOutput: true }
}

/** Rows by key, in order of appearance. */
export function groupRows(rows, keyOf) {
  const groups = new Map()
  for (const row of rows) {
    const key = keyOf(row)
    if (!groups.has(key)) groups.set(key, [])
    groups.get(key).push(row)
  }
  return groups
}
