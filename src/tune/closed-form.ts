import { openRuntime } from '../accuracy/model-outputs.js'
import { Patch } from '../ir/patch.js'
import type { Runtime } from '../runtime/session.js'
import { efforts } from './effort.js'
import { type FitStep, type FitTask, planSteps } from './fit-task.js'
import { LayerSolver } from './layer-fit.js'
import type { LinearLayer } from './linear-layer.js'
import { RowProducts } from './normal-equations.js'
import { areComparable, outputDistance } from './output-distance.js'
import { fitPair } from './pair-fit.js'
import { joined, Ridge } from './ridge.js'
import { StudentWalk } from './student-walk.js'
import { isHeldOut, TaskRows } from './task-rows.js'
import { TeacherRows } from './teacher-rows.js'
import type { TunedLayer, TuneReport, TuneRequest } from './tuner.js'

/** For layers that were not rewritten, relative to the mean diagonal: their present weights are worth staying near to. */
const downstreamRegularisations = [1e-2, 1e-3]
/** Where neither of those helps. */
const cautiousRegularisation = 1e-1
/** Layers in a row without a gain, after which none is expected. */
const patience = 4

/**
 * Solves for the weights of rewritten layers, one after the other: each sees what the student's own layers before it give, and
 * is fitted to the original's value that its output stands for, less what a residual path adds; a layer and the linear one
 * behind its activation are fitted together. Then linear layers further downstream, which now see other inputs, are refitted
 * where that brings the model's outputs nearer to the original's on held-out samples. What is no 2-D convolution, Gemm or MatMul
 * with constant weights keeps them. Throws UserError where the runtime does not take a model.
 */
export async function tuneClosedForm(request: TuneRequest): Promise<TuneReport> {
  const { teacher, data, options, teacherRows, effort = efforts.full } = request
  if (teacherRows !== undefined) return tuneTowards(teacherRows, request)
  const own = await TeacherRows.open(teacher, data, options, effort)
  try {
    return await tuneTowards(own, request)
  } finally {
    await own.close()
  }
}

async function tuneTowards(teacher: TeacherRows, request: TuneRequest): Promise<TuneReport> {
  const { student, data, options } = request
  const runtime = request.runtime ?? openRuntime(options)
  try {
    const walk = await StudentWalk.open(student, data, runtime, options)
    try {
      return await new ClosedForm(request, teacher, walk, runtime).run()
    } finally {
      await walk.close()
    }
  } finally {
    if (request.runtime === undefined) runtime.close()
  }
}

class ClosedForm {
  readonly #request: TuneRequest
  readonly #teacher: TeacherRows
  readonly #walk: StudentWalk
  readonly #rows: TaskRows
  readonly #runtime: Runtime
  readonly #threads: number
  readonly #heldOut: readonly number[]
  readonly #layers: TunedLayer[] = []
  /** Of the outputs, with the weights as they are; undefined: not measured since something changed. */
  #distance: number | undefined
  /** Layers in a row that were better off as they were. */
  #rejected = 0

  constructor(request: TuneRequest, teacher: TeacherRows, walk: StudentWalk, runtime: Runtime) {
    this.#request = request
    this.#teacher = teacher
    this.#walk = walk
    this.#rows = new TaskRows(walk, teacher, request.data.count)
    this.#runtime = runtime
    this.#threads = request.options.threads ?? 1
    const all = Array.from({ length: request.data.count }, (_, sample) => sample)
    const held = all.filter(isHeldOut)
    this.#heldOut = held.length > 0 ? held : all
  }

  async run(): Promise<TuneReport> {
    const { options, student, correspondence } = this.#request
    const isComparable = areComparable(student, correspondence)
    const steps = planSteps(this.#request).filter(({ kind }) => kind !== 'downstream' || isComparable)
    const tasks = steps.flatMap((step) => (step.kind === 'pair' ? [step.first, step.second] : [step.task]))
    await this.#teacher.gather(new Map(tasks.map(({ target, layer }) => [target, layer.layout])), this.#runtime)
    const solver = new LayerSolver(this.#runtime, this.#threads, await RowProducts.open(this.#runtime, this.#threads))
    for (const [done, step] of steps.entries()) {
      options.signal?.throwIfAborted()
      options.onProgress?.(done, steps.length)
      await this.#fit(step, solver)
    }
    options.onProgress?.(steps.length, steps.length)
    return { layers: this.#layers }
  }

  async #fit(step: FitStep, solver: LayerSolver): Promise<void> {
    if (step.kind === 'pair') await this.#fitPair(step, solver)
    else if (step.kind === 'layer') await this.#fitLayer(step.task, solver)
    else await this.#fitDownstream(step.task, solver)
  }

  async #fitLayer(task: FitTask, solver: LayerSolver): Promise<void> {
    const groups = await this.#rows.ofLayer(task)
    const fits = []
    for (const [group, rows] of groups.entries()) {
      const fit = await solver.fit(rows, task.layer.weights(group), task.bounds)
      fits.push(fit)
    }
    if (fits.every((fit) => fit === undefined)) return
    const weights = fits.map((fit, group) => fit?.weights ?? task.layer.weights(group))
    if (!this.#write([task, weights])) return
    const hardest = fits
      .filter((fit) => fit !== undefined)
      .map(({ ridge, regularisation }) => ({ conditioning: ridge.conditioning(), regularisation }))
      .sort((a, b) => b.conditioning - a.conditioning)[0]!
    this.#layers.push({ layer: task.layer.node.label, target: task.target, ...hardest })
  }

  async #fitPair(
    { first, second, activation }: Extract<FitStep, { kind: 'pair' }>,
    solver: LayerSolver,
  ): Promise<void> {
    const [own, further] = await this.#rows.ofPair(first, second)
    const equations = await solver.equations(own.kept)
    const fit = await solver.fit(own, first.layer.weights(0), first.bounds, equations)
    const begin = fit?.weights ?? first.layer.weights(0)
    const regularisation = fit?.regularisation ?? defaultRegularisation
    const ridge = new Ridge(equations, regularisation)
    const pair = await fitPair(this.#runtime, this.#threads, {
      start: { first: begin, second: second.layer.weights(0) },
      features: first.layer.width,
      middle: first.layer.outputs,
      outputs: second.layer.outputs,
      hasBias: second.layer.hasBias,
      activation,
      opset: Math.max(17, this.#request.student.opsets.get('') ?? 0),
      inverse: ridge.inverse(),
      rows: further.kept,
      heldOut: further.heldOut,
      effort: this.#request.effort ?? efforts.full,
    })
    if (!this.#write([first, [pair.first]], [second, [pair.second]])) return
    const conditioning = ridge.conditioning()
    for (const { layer, target } of [first, second])
      this.#layers.push({ layer: layer.node.label, target, regularisation, conditioning })
  }

  /** Keeps new weights only if they bring the outputs nearer to the original's, for samples they were not solved from. */
  async #fitDownstream(task: FitTask, solver: LayerSolver): Promise<void> {
    if (this.#rejected >= patience) return
    const { layer } = task
    const [rows] = await this.#rows.ofLayer(task)
    // Rows that leave weights open would be learned by heart.
    if (rows!.kept.reduce((sum, { count }) => sum + count, 0) < layer.features) return
    const present = layer.weights(0)
    const equations = await solver.equations(rows!.kept)
    const before = this.#distance ?? (await this.#measure())
    const tried = async (regularisation: number) => {
      const weights = new Ridge(equations, regularisation).solve(equations.cross, present)
      const isWritten = this.#write([task, [weights]])
      return { regularisation, distance: isWritten ? await this.#measure() : Number.POSITIVE_INFINITY }
    }
    const nearest = (a: Trial, b: Trial) => (b.distance < a.distance ? b : a)
    const asIs: Trial = { regularisation: undefined, distance: before }
    let best = asIs
    for (const regularisation of downstreamRegularisations) best = nearest(best, await tried(regularisation))
    if (best === asIs) best = nearest(best, await tried(cautiousRegularisation))
    this.#rejected = best === asIs ? this.#rejected + 1 : 0
    if (best.regularisation === undefined) {
      this.#write([task, [present]])
      this.#distance = before
      return
    }
    // Chosen: now with the samples that it was chosen by.
    const all = joined(equations, await solver.equations(rows!.heldOut))
    const { regularisation } = best
    const ridge = new Ridge(all, regularisation)
    if (!this.#write([task, [ridge.solve(all.cross, present)]])) return
    const conditioning = ridge.conditioning()
    this.#layers.push({ layer: layer.node.label, target: task.target, regularisation, conditioning })
  }

  #measure(): Promise<number> {
    return outputDistance(this.#walk, this.#teacher, this.#heldOut)
  }

  /**
   * Gives layers other weights, by groups. false: some are too large for their dtype, and all the layers have what they had before
   * they were fitted.
   */
  #write(...fits: readonly (readonly [task: FitTask, weights: readonly Float64Array[]])[]): boolean {
    const patch = new Patch(this.#request.student)
    const isWritten = fits.every(([{ layer }, weights]) => layer.write(patch, weights))
    if (!isWritten) for (const [{ layer }] of fits) layer.write(patch, presentWeights(layer))
    patch.collectGarbage(() => true)
    this.#distance = undefined
    return isWritten
  }
}

const presentWeights = (layer: LinearLayer): Float64Array[] =>
  Array.from({ length: layer.groups }, (_, group) => layer.weights(group))

/** What a layer downstream is solved with (undefined: it stays as it is), and how far the outputs are then. */
interface Trial {
  readonly regularisation: number | undefined
  readonly distance: number
}

/** Of a pair whose first layer was not better off with weights of its own. */
const defaultRegularisation = 1e-3
