import { volume } from '../../ir/tensor.js'
import type { ConvolutionLayer } from '../convolution-layer.js'

/**
 * An order of a dense convolution's output channels in which groups of equal size keep as much of its weights' energy as a
 * greedy choice finds: the channel that loses most by not being in its best group chooses first.
 */
export function groupedOrder(dense: ConvolutionLayer, groups: number): Int32Array {
  const { outChannels } = dense
  const energies = Array.from({ length: outChannels }, (_, channel) => energyByGroup(dense, channel, groups))
  const room = new Array<number>(groups).fill(outChannels / groups)
  const members: number[][] = room.map(() => [])
  const open = new Set(energies.keys())
  while (open.size > 0) {
    let [chosen, place, most] = [-1, -1, Number.NEGATIVE_INFINITY]
    for (const channel of open) {
      const { best, regret } = bestGroup(energies[channel]!, room)
      if (regret > most) [chosen, place, most] = [channel, best, regret]
    }
    open.delete(chosen)
    room[place]! -= 1
    members[place]!.push(chosen)
  }
  return Int32Array.from(members.flatMap((list) => list.sort((a, b) => a - b)))
}

/** Sum of squares of the weights that an output channel would keep in each group. */
function energyByGroup({ weight, inChannels, kernel }: ConvolutionLayer, channel: number, groups: number): number[] {
  const perGroup = (inChannels / groups) * volume(kernel)
  const first = channel * groups * perGroup
  return Array.from({ length: groups }, (_, group) => {
    let sum = 0
    for (let i = 0; i < perGroup; i++) sum += weight[first + group * perGroup + i]! ** 2
    return sum
  })
}

/** The best group with room, and what the next best one would keep less. */
function bestGroup(energies: readonly number[], room: readonly number[]): { best: number; regret: number } {
  let [best, first, second] = [-1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [group, energy] of energies.entries()) {
    if (room[group] === 0) continue
    if (energy > first) {
      second = first
      first = energy
      best = group
    } else second = Math.max(second, energy)
  }
  return { best, regret: second === Number.NEGATIVE_INFINITY ? 0 : first - second }
}
