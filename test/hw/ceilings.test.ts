import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { estimate } from '../../src/estimator/estimate.js'
import { ceilingsOf } from '../../src/hw/ceilings.js'
import { loadTarget, targetNames } from '../../src/hw/target.js'
import { readModel } from '../../src/import/read-model.js'

const net = fileURLToPath(new URL('../../fixtures/shapes/shapes_ibn.onnx', import.meta.url))
const arrays = targetNames().filter((name) => loadTarget(name).kind !== 'measured')

test.each(arrays)('no kernel gets past the roof of %s', async (name) => {
  const target = loadTarget(name)
  const { kernels, precision } = estimate(await readModel(net), target)
  const { macsPerSecond, dramBytesPerSecond, prefetches } = ceilingsOf(target, precision)!
  const busy = kernels.filter((kernel) => kernel.macs > 0)
  expect(busy.length).toBeGreaterThan(10)
  for (const kernel of busy) {
    const isFed = prefetches || kernel.macsPerDramByte === null
    const roof = isFed ? macsPerSecond : Math.min(macsPerSecond, kernel.macsPerDramByte * dramBytesPerSecond)
    expect(kernel.macsPerSecond, kernel.name).toBeLessThanOrEqual(roof * (1 + 1e-9))
  }
})

test('a kernel whose weights arrive under the one before is over the slope, and the target says that this may be', async () => {
  const target = loadTarget('ethos-u55-256')
  const { kernels, precision } = estimate(await readModel(net), target)
  const { dramBytesPerSecond, prefetches } = ceilingsOf(target, precision)!
  expect(prefetches).toBe(true)
  const isOver = (macsPerDramByte: number | null, macsPerSecond: number) =>
    macsPerDramByte !== null && macsPerSecond > 1.01 * macsPerDramByte * dramBytesPerSecond
  expect(kernels.some((kernel) => isOver(kernel.macsPerDramByte, kernel.macsPerSecond))).toBe(true)
})

test('a measured target does not say', () => {
  expect(ceilingsOf(loadTarget('cpu'), 'float32')).toBeUndefined()
})
