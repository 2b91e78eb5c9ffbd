import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadTarget } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import { estimate } from './estimate.js'
import { estimateFile } from './estimate-file.js'
import type { Metrics } from './metrics.js'

const file = fileURLToPath(new URL('../../fixtures/shapes/shapes_ibn.raw.onnx', import.meta.url))

test.each<[string, (target: string) => Promise<Metrics>]>([
  ['neural-engine', async (target) => estimate(await readModel(file), loadTarget(target))],
  ['cpu', async (target) => estimateFile(await readModel(file), file, loadTarget(target))],
])('kernels of %s say which nodes of the original they do the work of', async (target, metricsOf) => {
  const model = await readModel(file)
  const { kernels } = await metricsOf(target)
  const names = new Set([...model.allNodes()].map(({ name }) => name))
  const convolutions = [...model.allNodes()].filter(({ opType }) => opType === 'Conv')
  // Each belongs to one kernel, together with the normalization and the clip behind it.
  for (const { name } of convolutions) {
    const owners = kernels.filter(({ origins }) => origins.includes(name))
    expect(owners, name).toHaveLength(1)
    expect(owners[0]!.origins.filter((origin) => origin.endsWith('/Conv'))).toEqual([name])
    expect(owners[0]!.origins.some((origin) => origin.endsWith('/BatchNormalization'))).toBe(true)
  }
  for (const { origins } of kernels) for (const origin of origins) expect(names.has(origin), origin).toBe(true)
})
