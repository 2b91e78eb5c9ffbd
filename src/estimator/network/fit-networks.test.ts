import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { dot } from './additive.js'
import type { NetworkSample } from './family.js'
import { fitNetworks, predictNetwork, proxyCosts } from './fit-networks.js'

const views = ['executed', 'written']

/** Networks with two views of three features and one proxy, whose costs are proportional to `costs` on the first view. */
function networks(count: number, costs: readonly number[], noise: number, seed: number) {
  const random = new SeededRandom(seed)
  const uniform = () => random.uniform() + random.uniform() + random.uniform() - 1.5
  const samples: NetworkSample[] = []
  const latencies: number[] = []
  for (let i = 0; i < count; i++) {
    const row = Float64Array.from(costs, () => random.integer(1, 5))
    const other = Float64Array.from(costs, () => random.integer(0, 4))
    samples.push({ views: [row, other], proxies: [dot(row, costs) / 3] })
    latencies.push(dot(row, costs) * Math.exp(noise * uniform()))
  }
  return { samples, latencies }
}

describe('fitNetworks', () => {
  it('predicts exactly additive latencies exactly, from few samples', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { samples, latencies } = networks(30, [2, 5, 0.5], 0, seed)
        const model = fitNetworks(samples.slice(0, 10), latencies.slice(0, 10), { views })
        for (let i = 10; i < 30; i++) {
          const { latencyMs } = predictNetwork(model, samples[i]!)
          expect(Math.abs(latencyMs / latencies[i]! - 1)).toBeLessThan(0.005)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('finds the view that the device counts by', () => {
    const { samples, latencies } = networks(40, [2, 5, 0.5], 0.02, 1)
    const swapped = samples.map((sample) => ({ ...sample, views: [sample.views[1]!, sample.views[0]!] }))
    const model = fitNetworks(swapped, latencies, { views: ['other', 'right'] })
    expect(model.members.map(({ view }) => view)).toEqual([1])
  })

  it('learns more from a proxy than without one', () => {
    const errors = { with: 0, without: 0 }
    for (let seed = 1; seed <= 10; seed++) {
      const { samples, latencies } = networks(60, [2, 5, 0.5], 0.2, seed)
      const proxies = proxyCosts(samples, ['sibling'])
      for (const [name, options] of [
        ['with', { views, proxies }],
        ['without', { views }],
      ] as const) {
        const model = fitNetworks(samples.slice(0, 6), latencies.slice(0, 6), options)
        for (let i = 6; i < 60; i++)
          errors[name] += Math.abs(Math.log(predictNetwork(model, samples[i]!).latencyMs / latencies[i]!))
      }
    }
    expect(errors.with).toBeLessThan(errors.without)
  })

  it('covers 90 % of other networks', () => {
    let inside = 0
    let count = 0
    for (let seed = 1; seed <= 10; seed++) {
      const { samples, latencies } = networks(160, [2, 5, 0.5], 0.1, seed)
      const model = fitNetworks(samples.slice(0, 60), latencies.slice(0, 60), { views })
      for (let i = 60; i < 160; i++) {
        const { lowMs, highMs } = predictNetwork(model, samples[i]!)
        if (latencies[i]! >= lowMs && latencies[i]! <= highMs) inside += 1
        count += 1
      }
    }
    expect(inside / count).toBeGreaterThan(0.86)
    expect(inside / count).toBeLessThan(0.94)
  })

  it('is data: predictions survive JSON', () => {
    const { samples, latencies } = networks(20, [2, 5, 0.5], 0.1, 5)
    const model = fitNetworks(samples, latencies, { views, proxies: proxyCosts(samples, ['sibling']) })
    const copy = JSON.parse(JSON.stringify(model)) as typeof model
    for (const sample of samples) expect(predictNetwork(copy, sample)).toEqual(predictNetwork(model, sample))
  })

  it.each([[0], [-1], [Number.NaN]])('refuses a latency of %d', (latency) => {
    const { samples, latencies } = networks(5, [1, 1], 0, 1)
    expect(() => fitNetworks(samples, [...latencies.slice(1), latency], { views })).toThrow(/sample 4/)
  })
})
