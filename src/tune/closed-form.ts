import { openRuntime } from '../accuracy/model-outputs.js'
import { Patch } from '../ir/patch.js'
import type { Runtime } from '../runtime/session.js'
import { type FitStep, type FitTask, planSteps } from './fit-task.js'
import { LayerSolver } from './layer-fit.js'
import { RowProducts } from './normal-equations.js'
import { areComparable, outputDistance } from './output-distance.js'
import { fitPair } from './pair-fit.js'
import { Ridge } from './ridge.js'
import { StudentWalk } from './student-walk.js'
import { isHeldOut, TaskRows } from './task-rows.js'
import { TeacherRows } from './teacher-rows.js'
import type { TunedLayer, TuneReport, TuneRequest } from './tuner.js'

/** For layers that were not rewritten, relative to the mean diagonal: their present weights are worth staying near to. */
const downstreamRegularisations = [1e-2, 1e-1]
/** Layers in a row without a gain, after which none is expected. */
const patience = 4

/**
 * Solves for the weights of rewritten layers, one after the other: each sees what the student's own layers before it give, and
 * is fitted to the original's value that its output stands for, less what a residual path adds; a layer and the linear one
 * behind its activation are fitted together. Then linear layers further downstream, which now see other inputs, are refitted
 * where that brings the model's outputs nearer to the original's on held-out samples. What is no 2-D convolution or Gemm with
 * constant weights keeps them. Throws UserError where the runtime does not take a model.
 */
export async function tuneClosedForm(request: TuneRequest): Promise<TuneReport> {
  const runtime = openRuntime(request.options)
  const { teacher, student, data, options } = request
  const own = request.teacherRows === undefined ? await TeacherRows.open(teacher, data, options) : undefined
  const walk = await StudentWalk.open(student, data, runtime, options)
  try {
    return await new ClosedForm(request, request.teacherRows ?? own!, walk, runtime).run()
  } finally {
    await walk.close()
    await own?.close()
    runtime.close()
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
    this.#write(task, weights)
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
    const fit = await solver.fit(own, first.layer.weights(0), first.bounds)
    const begin = fit?.weights ?? first.layer.weights(0)
    const [features, middle, outputs] = [first.layer.features + 1, first.layer.outputs, second.layer.outputs]
    const equations = await solver.equations(further.kept)
    const regularisation = fit?.regularisation ?? defaultRegularisation
    const ridge = new Ridge(equations, regularisation)
    const pair = await fitPair(this.#runtime, this.#threads, {
      start: { first: begin, second: second.layer.weights(0) },
      features,
      middle,
      outputs,
      activation,
      opset: Math.max(17, this.#request.student.opsets.get('') ?? 0),
      inverse: ridge.inverse(),
      rows: further.kept,
      heldOut: further.heldOut,
    })
    this.#write(first, [pair.first])
    this.#write(second, [pair.second])
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
    let best = { distance: before, weights: present, regularisation: 0, conditioning: 0 }
    for (const regularisation of downstreamRegularisations) {
      const ridge = new Ridge(equations, regularisation)
      const weights = ridge.solve(equations.cross, present)
      this.#write(task, [weights])
      const distance = await this.#measure()
      if (distance < best.distance) best = { distance, weights, regularisation, conditioning: ridge.conditioning() }
    }
    this.#write(task, [best.weights])
    this.#distance = best.distance
    this.#rejected = best.weights === present ? this.#rejected + 1 : 0
    if (best.weights === present) return
    const { regularisation, conditioning } = best
    this.#layers.push({ layer: layer.node.label, target: task.target, regularisation, conditioning })
  }

  #measure(): Promise<number> {
    return outputDistance(this.#walk, this.#teacher, this.#heldOut)
  }

  #write({ layer }: FitTask, weights: readonly Float64Array[]): void {
    const patch = new Patch(this.#request.student)
    layer.write(patch, weights)
    patch.collectGarbage(() => true)
    this.#distance = undefined
  }
}

/** Of a pair whose first layer was not better off with weights of its own. */
const defaultRegularisation = 1e-3
