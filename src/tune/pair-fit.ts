import { inverse, Matrix } from 'ml-matrix'
import type { GraphBuilder } from '../ir/build.js'
import type { Value } from '../ir/graph.js'
import { Tensor } from '../ir/tensor.js'
import type { Runtime, Session } from '../runtime/session.js'
import { type ActivationChain, applyChain } from './activation-chain.js'
import type { TuneEffort } from './effort.js'
import type { Rows } from './feature-rows.js'
import { loadGraph, runGraph, weightsTensor } from './product-graph.js'
import { QuasiNewton } from './quasi-newton.js'
import { ResidentRows } from './resident-rows.js'
import { Ridge } from './ridge.js'

/**
 * Two layers with an activation between them: y = P h + b, h = f(X W). Matrices as rows of samples: W [features, middle], and
 * P [middle + 1, outputs] with the bias in its last row, or [middle, outputs] without one.
 */
export interface Pair {
  readonly first: Float64Array
  readonly second: Float64Array
}

export interface PairProblem {
  readonly start: Pair
  readonly features: number
  readonly middle: number
  readonly outputs: number
  /** Of the second layer. */
  readonly hasBias: boolean
  readonly activation: ActivationChain
  /** Of the model: what the activation's operators mean. */
  readonly opset: number
  /** (X'X + D)^-1 [features, features] of the rows. */
  readonly inverse: Float64Array
  /** With the targets of the second layer. */
  readonly rows: readonly Rows[]
  readonly heldOut: readonly Rows[]
  readonly effort: Pick<TuneEffort, 'pairSteps' | 'lastPairSteps'>
}

/** Of the layer behind the activation; towards its present weights. */
const secondRegularisation = 1e-4
/** Of P P' in the preconditioner, relative to its mean: directions which the second layer hardly uses are left alone. */
const damping = 0.05
/** Curvature that is remembered. */
const memory = 8
/** Steps without a better pair after which there will be none. */
const patience = 8
/** Relative; less than this is no progress. */
const leastGain = 1e-3
/** Halvings of a step that leads up. */
const halvings = 4

/**
 * Fits both layers to what the second is to give: least squares over W, with P always solved for (variable projection, Golub and
 * Pereyra 1973), by quasi-Newton steps on top of the Gauss-Newton matrix as if the activation were open everywhere: the Gram
 * matrix of the features times that of P. Of all steps the pair with the least error on held-out rows is kept; from there a few
 * more steps go over all rows.
 */
export async function fitPair(runtime: Runtime, threads: number, problem: PairProblem): Promise<Pair> {
  const { rows, heldOut, opset, effort } = problem
  const solver = await GaussNewton.load(runtime, threads, problem)
  const judge = await ResidentRows.load(runtime, threads, heldOut, opset, (g, x, y) => judging(g, x, y, problem))
  try {
    const judged = async (pair: Pair) => (await judge.sums(tensorsOf(pair, problem))).get('error')![0]!
    let best = { pair: problem.start, error: await judged(problem.start) }
    const start = best
    let sinceBest = 0
    await descend(runtime, threads, problem, rows, problem.start, solver, effort.pairSteps, async (pair) => {
      const error = await judged(pair)
      sinceBest = error < best.error * (1 - leastGain) ? 0 : sinceBest + 1
      if (error < best.error) best = { pair, error }
      return sinceBest < patience
    })
    if (best === start || heldOut === rows) return best.pair
    const all = [...rows, ...heldOut]
    return await descend(runtime, threads, problem, all, best.pair, solver, effort.lastPairSteps, async () => true)
  } finally {
    await judge.release()
    await solver.release()
  }
}

/** Steps down the error over the rows, until there are none or `goOn` ends it; the last pair. */
async function descend(
  runtime: Runtime,
  threads: number,
  problem: PairProblem,
  rows: readonly Rows[],
  start: Pair,
  solver: GaussNewton,
  most: number,
  goOn: (pair: Pair) => Promise<boolean>,
): Promise<Pair> {
  const { middle, outputs, hasBias, opset } = problem
  const resident = await ResidentRows.load(runtime, threads, rows, opset, (g, x, y) => learning(g, x, y, problem))
  const [yes, no] = [Tensor.bool([true], []), Tensor.bool([false], [])]
  /** P solved for, and the error and its gradient there. */
  const evaluate = async (first: Float64Array, before: Float64Array) => {
    const seen = await resident.sums({ ...tensorsOf({ first, second: before }, problem), isStep: no })
    const [gram, cross] = [seen.get('a')!, seen.get('b')!]
    const equations = { features: hasBias ? middle + 1 : middle, hasBias, outputs, gram, cross, squares: 0 }
    const second = new Ridge(equations, secondRegularisation).solve(equations.cross, before)
    const sums = await resident.sums({ ...tensorsOf({ first, second }, problem), isStep: yes })
    return { first, second, gradient: sums.get('a')!.map((value) => -value), error: sums.get('b')![0]! }
  }
  try {
    const quasiNewton = new QuasiNewton(memory)
    let here = await evaluate(start.first, start.second)
    for (let step = 0; step < most; step++) {
      if (!(await goOn({ first: here.first, second: here.second }))) break
      const { first, second, gradient, error } = here
      const direction = await quasiNewton.direction(first, gradient, (g) => solver.of(g, second))
      let next: typeof here | undefined
      for (let half = 0, length = 1; next === undefined && half < halvings; half++, length /= 2) {
        const tried = await evaluate(
          first.map((value, i) => value + length * direction[i]!),
          second,
        )
        if (tried.error < error) next = tried
      }
      if (next === undefined) break
      here = next
    }
    return { first: here.first, second: here.second }
  } finally {
    await resident.release()
  }
}

const tensorsOf = ({ first, second }: Pair, { features, middle, outputs }: PairProblem) => ({
  w: weightsTensor(first, [features, middle]),
  p: weightsTensor(second, [second.length / outputs, outputs]),
})

/** (G + D)^-1 g (P P' + e)^-1, in float64, with what does not change in the runtime. */
class GaussNewton {
  readonly #runtime: Runtime
  readonly #session: Session
  readonly #shape: PairProblem

  private constructor(runtime: Runtime, session: Session, shape: PairProblem) {
    this.#runtime = runtime
    this.#session = session
    this.#shape = shape
  }

  static async load(runtime: Runtime, threads: number, problem: PairProblem): Promise<GaussNewton> {
    const { features, inverse } = problem
    const session = await loadGraph(runtime, threads, (g) => {
      const input = (name: string, dims: readonly string[]) => g.input(name, 'float64', dims)
      const [right, p] = [input('right', ['features', 'middle']), input('p', ['middle', 'outputs'])]
      const [core, scale] = [input('core', ['outputs', 'outputs']), input('scale', [])]
      const inside = g.op('MatMul', [g.op('MatMul', [g.op('MatMul', [right, p]), core]), g.op('Transpose', [p])])
      const damped = g.op('Mul', [g.op('Sub', [right, inside]), scale])
      const matrix = g.constant(Tensor.fromArray('float64', [features, features], inverse))
      g.output(g.op('MatMul', [matrix, damped]), 'solution')
    })
    return new GaussNewton(runtime, session, problem)
  }

  /** (P P' + e)^-1 = (1 - P (e + P'P)^-1 P') / e. */
  async of(right: Float64Array, second: Float64Array): Promise<Float64Array> {
    const { features, middle, outputs } = this.#shape
    const weights = second.slice(0, middle * outputs)
    const p = Matrix.from1DArray(middle, outputs, weights)
    const gram = p.transpose().mmul(p)
    // A second layer of zeros has no direction that is used more than others.
    const ridge = Math.max((damping * gram.trace()) / outputs, Number.EPSILON)
    for (let i = 0; i < outputs; i++) gram.set(i, i, gram.get(i, i) + ridge)
    const core = Float64Array.from(inverse(gram).to1DArray())
    const results = await runGraph(this.#runtime, this.#session, {
      right: Tensor.fromArray('float64', [features, middle], right),
      p: Tensor.fromArray('float64', [middle, outputs], weights),
      core: Tensor.fromArray('float64', [outputs, outputs], core),
      scale: Tensor.fromArray('float64', [], Float64Array.of(1 / ridge)),
    })
    return new Float64Array(results.get('solution')!.numbers())
  }

  release(): Promise<void> {
    return this.#runtime.release(this.#session)
  }
}

/**
 * What a pass gives: a step's X' (descent of half the squared error in X W) and the error, or the equations of the second layer.
 * One graph for both, so that the rows are in memory once.
 */
function learning(g: GraphBuilder, x: Value, y: Value, problem: PairProblem): void {
  const { u, h, residual, back } = forward(g, x, y, problem)
  const isStep = g.input('isStep', 'bool', [])
  const step = g.subgraph('step', (inner) => {
    const wanted = inner.op('Mul', [inner.op('MatMul', [residual, back]), slope(inner, u, problem.activation)])
    inner.output(inner.op('Gemm', [x, wanted], { transA: 1 }))
    inner.output(inner.op('ReduceSumSquare', [residual], { keepdims: 1 }))
  })
  const equations = g.subgraph('equations', (inner) => {
    inner.output(inner.op('Gemm', [h, h], { transA: 1 }))
    inner.output(inner.op('Gemm', [h, y], { transA: 1 }))
  })
  const { outputs } = g.node('If', [isStep], { then_branch: step, else_branch: equations }, 2)
  g.output(outputs[0]!, 'a')
  g.output(outputs[1]!, 'b')
}

function judging(g: GraphBuilder, x: Value, y: Value, problem: PairProblem): void {
  const { residual } = forward(g, x, y, problem)
  g.output(g.op('ReduceSumSquare', [residual], { keepdims: 0 }), 'error')
}

function forward(g: GraphBuilder, x: Value, y: Value, { activation, hasBias }: PairProblem) {
  const w = g.input('w', 'float32', ['features', 'middle'])
  const p = g.input('p', 'float32', ['extended', 'outputs'])
  const u = g.op('MatMul', [x, w])
  const indexes = (...values: number[]) => g.constant(Tensor.int64(values))
  const shown = applyChain(g, activation, u)
  const h = hasBias ? g.op('Pad', [shown, indexes(0, 0, 0, 1), g.constant(Tensor.float32([1], []))]) : shown
  const middle = hasBias ? g.op('Slice', [p, indexes(0), indexes(-1), indexes(0)]) : p
  return { u, h, residual: g.op('Sub', [y, g.op('MatMul', [h, p])]), back: g.op('Transpose', [middle]) }
}

/** Of the activation, by central differences: whatever it is made of. */
function slope(g: GraphBuilder, u: Value, activation: ActivationChain): Value {
  const [distance, both] = [offset, 2 * offset].map((value) => g.constant(Tensor.float32([value], [])))
  const [above, below] = [g.op('Add', [u, distance]), g.op('Sub', [u, distance])]
  const rise = g.op('Sub', [applyChain(g, activation, above), applyChain(g, activation, below)])
  return g.op('Div', [rise, both])
}

/** Of u for central differences; activations bend over distances near 1. */
const offset = 1e-2
