import { Matrix, solve } from 'ml-matrix'
import type { GraphBuilder } from '../ir/build.js'
import { Tensor } from '../ir/tensor.js'
import type { Runtime, Session } from '../runtime/session.js'
import type { Rows } from './feature-rows.js'
import {
  accumulate,
  type Bounds,
  emptyEquations,
  loadGraph,
  matrices,
  type NormalEquations,
  runGraph,
  weightsTensor,
} from './normal-equations.js'
import { Ridge } from './ridge.js'

/**
 * Two layers with an activation between them: y = P h + b, h = clip(X W). Matrices as rows of samples: W [features, middle],
 * and P [middle + 1, outputs] with the bias in its last row.
 */
export interface Pair {
  readonly first: Float64Array
  readonly second: Float64Array
}

/** How many steps are taken; each is two passes over the rows. */
const steps = 16
/** Of the layer behind the activation; towards its present weights. */
const secondRegularisation = 1e-4
/** Of P P', so that directions which the second layer hardly uses are left alone. */
const backRegularisation = 1e-3

/**
 * Fits both layers to what the second is to give. The residual goes back through the pseudo-inverse of P: the smallest change
 * of h that would remove it; where the activation is not flat, that is the change wanted of X W, and W follows by least
 * squares, with extrapolation over steps (Nesterov 1983). P is solved for anew after each step. Of all steps the one with the
 * least error on held-out rows is kept; `rows` and `heldOut` have the targets of the second layer.
 */
export async function fitPair(
  runtime: Runtime,
  start: Pair,
  equations: NormalEquations,
  regularisation: number,
  bounds: Bounds,
  { rows, heldOut }: { readonly rows: readonly Rows[]; readonly heldOut: readonly Rows[] },
): Promise<Pair> {
  const session = await loadGraph(runtime, (g) => build(g, bounds))
  const { features } = equations
  const middle = start.first.length / features
  const outputs = start.second.length / (middle + 1)
  const shape = { features, middle, outputs }
  // The step is solved for with the Gram matrix of all rows of the first layer; zeros: it is a change, not the weights.
  const solver = new Ridge({ ...equations, outputs: middle }, regularisation, new Float64Array(features * middle))
  const pass = (chunks: readonly Rows[], pair: Pair) => sums(runtime, session, chunks, pair, shape)
  let best = { pair: start, error: (await pass(heldOut, start)).error }
  let { first: present, second } = start
  let ahead = present
  let inertia = 1
  let last = Number.POSITIVE_INFINITY
  for (let step = 0; step < steps; step++) {
    const { wanted } = await pass(rows, { first: ahead, second })
    const change = solver.solve(wanted)
    const next = ahead.map((value, i) => value + change[i]!)
    const seen = await pass(rows, { first: next, second })
    second = new Ridge(seen.second, secondRegularisation, second).solve(seen.second.cross)
    const error = (await pass(heldOut, { first: next, second })).error
    if (error < best.error) best = { pair: { first: next, second }, error }
    if (seen.error > last) inertia = 1
    last = seen.error
    const grown = (1 + Math.sqrt(1 + 4 * inertia * inertia)) / 2
    const share = (inertia - 1) / grown
    inertia = grown
    const before = present
    ahead = next.map((value, i) => value + share * (value - before[i]!))
    present = next
  }
  await runtime.release(session)
  return best.pair
}

interface Shape {
  readonly features: number
  readonly middle: number
  readonly outputs: number
}

/** What one pass over the rows gives: X' (change wanted of X W), the second layer's equations, and the squared error. */
async function sums(
  runtime: Runtime,
  session: Session,
  chunks: readonly Rows[],
  { first, second }: Pair,
  { features, middle, outputs }: Shape,
) {
  const w = weightsTensor(first, [features, middle])
  const p = weightsTensor(second, [middle + 1, outputs])
  const back = weightsTensor(backwards(second, middle, outputs), [outputs, middle])
  const wanted = new Float64Array(features * middle)
  const equations = emptyEquations(middle + 1, outputs)
  let error = 0
  for (const chunk of chunks) {
    const [x, y] = matrices(chunk)
    const results = await runGraph(runtime, session, { x, y, w, p, back })
    accumulate(wanted, results.get('wanted')!)
    accumulate(equations.gram, results.get('gram')!)
    accumulate(equations.cross, results.get('cross')!)
    error += results.get('error')!.numbers()[0]!
  }
  return { wanted, second: equations, error }
}

function build(g: GraphBuilder, [low, high]: Bounds): void {
  const input = (name: string, rows: string, columns: string) => g.input(name, 'float32', [rows, columns])
  const [x, y] = [input('x', 'rows', 'features'), input('y', 'rows', 'outputs')]
  const [w, p, back] = [
    input('w', 'features', 'middle'),
    input('p', 'extended', 'outputs'),
    input('back', 'outputs', 'middle'),
  ]
  const u = g.op('MatMul', [x, w])
  const [least, most] = [low, high].map((bound) =>
    g.constant(Tensor.float32([Math.min(Math.max(bound, -largest), largest)], [])),
  )
  const index = (value: number) => g.constant(Tensor.int64([value]))
  const ones = g.op('Slice', [x, index(-1), index(Number.MAX_SAFE_INTEGER), index(1)])
  const h = g.op('Concat', [g.op('Clip', [u, least, most]), ones], { axis: 1 })
  const residual = g.op('Sub', [y, g.op('MatMul', [h, p])])
  const isOpen = g.op('And', [g.op('Greater', [u, least]), g.op('Less', [u, most])])
  const step = g.op('Mul', [g.op('MatMul', [residual, back]), g.op('Cast', [isOpen], { to: 1 })])
  const turned = (value: typeof x) => g.op('Transpose', [value], { perm: [1, 0] })
  g.output(g.op('MatMul', [turned(x), step]), 'wanted')
  g.output(g.op('MatMul', [turned(h), h]), 'gram')
  g.output(g.op('MatMul', [turned(h), y]), 'cross')
  g.output(g.op('ReduceSumSquare', [residual], { keepdims: 0 }), 'error')
}

/** Stands for infinity in float32. */
const largest = 3e38

/** (P P' + r)^-1 P as [outputs, middle], P without its bias: residual -> smallest change of h. */
function backwards(second: Float64Array, middle: number, outputs: number): Float64Array {
  const p = Matrix.from1DArray(middle, outputs, second.subarray(0, middle * outputs))
  const gram = p.transpose().mmul(p)
  const ridge = (backRegularisation * gram.trace()) / outputs
  for (let i = 0; i < outputs; i++) gram.set(i, i, gram.get(i, i) + ridge)
  return Float64Array.from(solve(gram, p.transpose()).to1DArray())
}
