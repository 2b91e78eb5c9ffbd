import type { Value } from '../ir/graph.js'
import { volume } from '../ir/tensor.js'
import { identity } from '../passes/architecture/positions.js'
import { channelsAt, RowChunks, type SharedRows } from './feature-rows.js'
import type { FitTask } from './fit-task.js'
import type { SplitRows } from './layer-fit.js'
import type { LinearLayer } from './linear-layer.js'
import { knownPositions } from './picked-positions.js'
import { pickedName, type StudentWalk } from './student-walk.js'
import type { TargetRows, TeacherRows } from './teacher-rows.js'

/** Every so many samples one is held out. */
const heldOutEvery = 5
/** Features and targets of a layer that are kept take at most this much memory, whatever the number of samples. */
const rowBytes = 256 << 20

export const isHeldOut = (sample: number): boolean => sample % heldOutEvery === heldOutEvery - 1

/** Rows that layers are fitted to: features from the student, on its walk, targets from the teacher. */
export class TaskRows {
  readonly #walk: StudentWalk
  readonly #teacher: TeacherRows
  readonly #samples: number

  constructor(walk: StudentWalk, teacher: TeacherRows, samples: number) {
    this.#walk = walk
    this.#teacher = teacher
    this.#samples = samples
  }

  /** Of each of the layer's groups. */
  async ofLayer(task: FitTask): Promise<SplitRows[]> {
    const { layer } = task
    const width = layer.groups * (layer.width + layer.outputs)
    const sets = Array.from({ length: layer.groups }, () => new RowSet())
    for await (const row of this.#windows(task, [task], width)) {
      for (const [group, set] of sets.entries()) {
        const features = layer.rows(row.input, row.dims, row.positions, group)
        const targets =
          layer.groups === 1 ? row.targets[0]! : columnsOf(row.targets[0]!, group, layer.outputs, layer.groups)
        set.add(row.sample, { count: row.positions.length, hasBias: layer.hasBias, features, targets: [targets] })
      }
    }
    return sets.map((set) => set.split(0))
  }

  /** The first layer's features with its own targets, and with those of the second. */
  async ofPair(first: FitTask, second: FitTask): Promise<[own: SplitRows, further: SplitRows]> {
    const { layer } = first
    const set = new RowSet()
    const { hasBias } = layer
    const width = layer.width + layer.outputs + second.layer.outputs
    for await (const { input, dims, positions, sample, targets } of this.#windows(first, [first, second], width)) {
      const features = layer.rows(input, dims, positions, 0)
      set.add(sample, { count: positions.length, hasBias, features, targets })
    }
    return [set.split(0), set.split(1)]
  }

  /** Some output positions of every sample: the input of the first layer, and what each layer is to give there. */
  async *#windows({ layer }: FitTask, tasks: readonly FitTask[], width: number) {
    const residuals = tasks.flatMap(({ residual }) => residual ?? [])
    const perSample = Math.max(1, Math.floor(rowBytes / (4 * width * this.#samples)))
    const picked = this.#pickedFrom([layer.input, ...residuals], layer, perSample)
    const wanted = [layer.input, ...residuals].map((value) => ({ value, picked }))
    const nameOf = ({ name }: Value) => (picked === undefined ? name : pickedName(name))
    for await (const { sample, values } of this.#walk.upTo(layer.node, wanted)) {
      const found = await Promise.all(tasks.map((task) => this.#teacher.rowsOf(task.target, sample, perSample)))
      const [{ dims, positions }] = found as [TargetRows]
      const at = picked === undefined ? { dims, positions } : pickedPlace(positions.length)
      const targets = tasks.map((task, i) => {
        const rows = chosenColumns(found[i]!.rows, positions.length, task.channels)
        if (task.residual === undefined) return rows
        const added = channelsAt(values.get(nameOf(task.residual))!, at.positions, task.layer.layout)
        return rows.map((value, j) => value - added[j]!)
      })
      yield { sample, input: values.get(nameOf(layer.input))!, ...at, targets }
    }
  }

  /** How many positions of the values are enough: where each output position sees one input position. */
  #pickedFrom(values: readonly Value[], layer: LinearLayer, perSample: number): number | undefined {
    if (!layer.isPointwise || layer.layout !== 'channels-first') return undefined
    const counts = values.map((value) => volume(knownPositions(value) ?? [0]))
    const [count = 0] = counts
    if (count === 0 || counts.some((other) => other !== count)) return undefined
    return Math.min(perSample, this.#teacher.perSample, count)
  }
}

/** Of [1, C, count, 1]: all positions in order. */
const pickedPlace = (count: number) => ({
  dims: [1, 0, count, 1],
  positions: identity(count),
})

class RowSet {
  readonly #kept = new RowChunks()
  readonly #heldOut = new RowChunks()

  add(sample: number, rows: SharedRows): void {
    const set = isHeldOut(sample) ? this.#heldOut : this.#kept
    set.add(rows)
  }

  /** With one of the lists of targets. Few samples are all there is to choose by. */
  split(list: number): SplitRows {
    const [kept, heldOut] = [this.#kept.with(list), this.#heldOut.with(list)]
    return { kept, heldOut: heldOut.length > 0 ? heldOut : kept }
  }
}

/** Some columns of rows, in that order. */
function chosenColumns(rows: Float32Array, count: number, chosen: Int32Array | undefined): Float32Array {
  if (chosen === undefined) return rows
  const width = rows.length / count
  const found = new Float32Array(count * chosen.length)
  for (let n = 0; n < count; n++)
    for (let i = 0; i < chosen.length; i++) found[n * chosen.length + i] = rows[n * width + chosen[i]!]!
  return found
}

/** The columns of one group. */
function columnsOf(rows: Float32Array, group: number, outputs: number, groups: number): Float32Array {
  const count = rows.length / (outputs * groups)
  const chosen = Int32Array.from({ length: outputs }, (_, o) => group * outputs + o)
  return chosenColumns(rows, count, chosen)
}
