import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toProto } from '../../src/export/to-proto.js'
import { loadTarget } from '../../src/hw/target.js'
import { buildModel, type GraphBuilder } from '../../src/ir/build.js'
import { Tensor } from '../../src/ir/tensor.js'
import { encodeModel } from '../../src/onnx/codec.js'
import type { Recipe } from '../../src/passes/architecture/decision.js'
import type { AccuracyEntry, Report } from '../../src/report/report.js'
import { optimizeFile } from '../../src/zoo/job.js'
import type { JobOptions } from '../../src/zoo/job-options.js'

/** Reports that the page is tested with, made by the program itself. */

const net = fileURLToPath(new URL('../../fixtures/shapes/shapes_ibn.raw.onnx', import.meta.url))

const recipe: Recipe = {
  recipeVersion: 1,
  decisions: [
    { kind: 'block', block: 0, alternative: 'fused' },
    { kind: 'depth-multiplier', ratio: 0.75 },
  ],
}

const optimized = (file: string, target: string, options: Partial<JobOptions> = {}): Promise<Report> =>
  optimizeFile(file, {
    out: join(mkdtempSync(join(tmpdir(), 'report-')), 'out.onnx'),
    target: loadTarget(target),
    tool: { name: 'onnx-tailor', version: 'test' },
    verify: false,
    ...options,
  })

/** A network that a search found, as if data had judged it. */
export async function tailored(): Promise<Report> {
  const parts = ['widths', 'blocks'] as const
  const search = { algorithm: 'evolution', parts, budgets: [], evaluations: 3000 } as const
  return { ...(await optimized(net, 'neural-engine', { search, tune: 'none', bestEffort: true })), accuracy }
}

/** A fused and narrowed network, by a recipe. */
export const fromRecipe = (): Promise<Report> =>
  optimized(net, 'neural-engine', { recipe, tune: 'none', bestEffort: true })

/** A network on a target with error bars, its outputs verified. */
export const measured = (): Promise<Report> => optimized(net, 'cpu', { verify: true })

/** So little that most views have nothing to show. */
export const nothing = (): Promise<Report> =>
  optimized(
    written((g) => g.output(g.input('x', 'float32', [1, 3]), 'y')),
    'neural-engine',
  )

/** Names that would be markup if they were let. */
export const hostile = (): Promise<Report> =>
  optimized(
    written((g) => {
      const x = g.input('</script><script>alert(1)</script>', 'float32', [1, 8, 16, 16])
      const w = g.constant(Tensor.fromArray('float32', [8, 8, 1, 1], new Float32Array(64).fill(0.1)))
      const y = g.node('Conv', [x, w])
      y.name = '"><img src=x onerror=alert(1)>'
      const z = g.node('Relu', [y.outputs[0]])
      z.name = "' onfocus='alert(1)"
      g.output(z.outputs[0]!, '<b>y')
    }),
    'neural-engine',
  )

/** Residual blocks of five nodes. */
export const large = (nodes: number): Promise<Report> =>
  optimized(
    written((g) => residualBlocks(g, nodes)),
    'neural-engine',
  )

function residualBlocks(g: GraphBuilder, nodes: number): void {
  const channels = 16
  const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 8)
  const dense = g.constant(Tensor.fromArray('float32', [channels, channels, 1, 1], values(channels * channels)))
  const depthwise = g.constant(Tensor.fromArray('float32', [channels, 1, 3, 3], values(channels * 9)))
  let x = g.input('x', 'float32', [1, channels, 14, 14])
  for (let i = 0; i < nodes; i += 5) {
    const wide = g.op('Relu', [g.op('Conv', [x, dense])])
    const deep = g.op('Relu', [g.op('Conv', [wide, depthwise], { group: channels, pads: [1, 1, 1, 1] })])
    x = g.op('Add', [x, deep])
  }
  g.output(x, 'y')
}

function written(build: (g: GraphBuilder) => void): string {
  const file = join(mkdtempSync(join(tmpdir(), 'model-')), 'model.onnx')
  writeFileSync(file, Buffer.concat(encodeModel(toProto(buildModel(build)))))
  return file
}

const accuracy: AccuracyEntry = {
  metric: 'top1',
  title: 'top-1 accuracy',
  unit: 'share',
  higherIsBetter: true,
  samples: 600,
  before: 0.943,
  beforeInterval: [0.922, 0.959],
  after: 0.938,
  afterInterval: [0.917, 0.955],
  drop: 0.005,
  dropInterval: [-0.004, 0.013],
  data: 'shapes/test',
  confidence: 0.95,
  gate: { verdict: 'passed', maxDrop: 0.01, reason: 'the drop is 0.005, allowed 0.01' },
  others: [],
}
