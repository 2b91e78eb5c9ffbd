import type { TaskGraph } from './task-graph.js'

/** The order nearest to the given one in which every task comes after those it needs: always the first that is ready. */
export function stableOrder({ tasks, predecessors }: Pick<TaskGraph, 'tasks' | 'predecessors'>): number[] {
  const missing = Int32Array.from(predecessors, (list) => list.length)
  const followers: number[][] = Array.from({ length: tasks }, () => [])
  predecessors.forEach((list, task) => {
    for (const earlier of list) followers[earlier]!.push(task)
  })
  const order: number[] = []
  const isDone = new Uint8Array(tasks)
  let next = 0
  while (order.length < tasks) {
    while (next < tasks && (isDone[next] || missing[next]! > 0)) next += 1
    if (next === tasks) throw new Error('kernels depend on each other in a circle')
    isDone[next] = 1
    order.push(next)
    let back = next
    for (const follower of followers[next]!) {
      missing[follower]! -= 1
      if (missing[follower] === 0 && follower < back) back = follower
    }
    next = back
  }
  return order
}
