import { buffersByTask, Run, type TaskGraph } from './task-graph.js'

/**
 * Tasks of a segment that may as well run last, in their order: the mirror image of tasks that may run at once. Taken
 * off the end one by one, each fits under `peak` there and leaves no more alive before it than after it, so in any order
 * it can be moved to the end: without it all other tasks find no more alive. A task that reads what another could be
 * written over stays where it is, for the other one's sake.
 */
export function tailOf(
  graph: TaskGraph,
  before: readonly number[],
  segment: readonly number[],
  peak: number,
): number[] {
  const run = new Run(graph, buffersByTask(graph))
  for (const task of [...before, ...segment]) run.do(task)
  const { reads } = run.buffers
  const rest = new Set(segment)
  const waiting = new Int32Array(graph.tasks)
  for (const task of segment) for (const earlier of graph.predecessors[task]!) waiting[earlier]! += 1

  const mayGo = (task: number): boolean => {
    const spoils = reads[task]!.some((buffer) =>
      graph.readers[buffer]!.some(
        (other) => other !== task && rest.has(other) && graph.overwritable[other]!.includes(buffer),
      ),
    )
    if (spoils) return false
    run.undo(task)
    const fits = run.growth(task) >= 0 && run.footprint(task) <= peak
    if (!fits) run.do(task)
    return fits
  }

  const tail: number[] = []
  for (let progress = true; progress; ) {
    progress = false
    for (const task of [...rest].reverse()) {
      if (waiting[task]! > 0 || !mayGo(task)) continue
      rest.delete(task)
      tail.push(task)
      for (const earlier of graph.predecessors[task]!) waiting[earlier]! -= 1
      progress = true
    }
  }
  return tail.reverse()
}
