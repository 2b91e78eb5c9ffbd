import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { constantOf } from '../../ir/constant.js'
import type { Model, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr, Patch } from '../../ir/patch.js'
import { volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { fromDoubles } from '../../passes/weights.js'
import { expose, forward, normalFeeds } from './forward.js'
import { randomised } from './random-net.js'
import type { ArchitectureScore } from './score.js'

/**
 * Binary codes of what goes into each activation (1 where it is positive). K[i][j] is how many elements have the same code for
 * samples i and j; the score is the logarithm of its determinant: the more linear regions tell samples apart, the larger.
 * -Infinity where two samples have the same codes. Products of codes are summed by the runtime: G = C C', of which
 * K = D + 2 G[i][j] - G[i][i] - G[j][j] with D elements.
 */
export const naswot: ArchitectureScore = {
  definition: 'logarithm of the determinant of the kernel of activation patterns, normal inputs',
  source: 'Mellor et al., Neural Architecture Search without Training, ICML 2021',
  async of(model, { runtime, seed, sizes }) {
    const net = randomised(model, sizes, { seed })
    const patch = new Patch(net.model)
    const codes = activationInputs(net.model).map((value) => ({
      products: productsOfCodes(patch, value),
      elements: volume(sizesWithin(value).slice(1)),
    }))
    const outputs = await forward(runtime, net.model, normalFeeds(net.model, seed))
    const kernel = Matrix.zeros(sizes.batch, sizes.batch)
    for (const { products, elements } of codes) addAgreements(kernel, outputs.get(products)!.numbers(), elements)
    return logDeterminant(kernel)
  },
}

/** What activations are taken of, each once. */
function activationInputs({ graph }: Model): Value[] {
  const values = new Set<Value>()
  for (const node of graph.nodes()) {
    const [input] = node.inputs
    const isActivation = contextOf(node)?.resolved.op.traits.includes('activation')
    if (isActivation && input !== undefined && constantOf(input) === undefined) values.add(input)
  }
  return [...values]
}

const sizesWithin = (value: Value): number[] => (dimsOf(value.type) ?? []).map(Number)

/** Name of the output [samples, samples] of products of codes. */
function productsOfCodes(patch: Patch, value: Value): string {
  const { graph } = value
  const zero = patch.constant(graph, fromDoubles(dtypeOf(value.type) ?? 'float32', [], Float64Array.of(0)), 'zero')
  const op = (opType: string, inputs: readonly Value[], attributes = {}) =>
    patch.append(graph, { opType, inputs, attributes, name: `${value.name}_codes`, from: [] }).outputs[0]!
  const isPositive = op('Greater', [value, zero])
  const codes = op('Flatten', [op('Cast', [isPositive], { to: attr.int(float32) })], { axis: attr.int(1) })
  return expose(patch, op('MatMul', [codes, op('Transpose', [codes], { perm: attr.ints([1, 0]) })]))
}

/** TensorProto.DataType of float32. */
const float32 = 1

function addAgreements(kernel: Matrix, products: ArrayLike<number>, elements: number): void {
  const samples = kernel.rows
  const at = (i: number, j: number) => products[i * samples + j]!
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < samples; j++) kernel.set(i, j, kernel.get(i, j) + elements + 2 * at(i, j) - at(i, i) - at(j, j))
  }
}

/** Pivots that are smaller than this share of the diagonal are zero but for rounding. */
const leastPivot = 1e-9

/** Of a symmetric matrix with a constant diagonal; -Infinity where it is not positive definite. */
export function logDeterminant(matrix: Matrix): number {
  const scale = matrix.get(0, 0)
  if (!(scale > 0)) return Number.NEGATIVE_INFINITY
  const factor = new CholeskyDecomposition(Matrix.div(matrix, scale))
  const pivots = factor.lowerTriangularMatrix.diagonal().map((root) => root ** 2)
  if (!factor.isPositiveDefinite() || pivots.some((pivot) => !(pivot > leastPivot))) return Number.NEGATIVE_INFINITY
  return pivots.reduce((sum, pivot) => sum + Math.log(pivot), matrix.rows * Math.log(scale))
}
