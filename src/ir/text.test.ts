import { expect, it } from 'vitest'
import { buildModel } from './build.js'
import { symbol } from './dim.js'
import { attr } from './patch.js'
import { Tensor } from './tensor.js'
import { modelText } from './text.js'
import { tensorType } from './type.js'

it('prints models for people', () => {
  const model = buildModel((g) => {
    const x = g.input('x', 'float32', ['n', 3])
    const c = g.input('a b', 'bool', [])
    const t = g.op('Clip', [x, undefined, g.constant(Tensor.float32([6], []), 'most')], {})
    const branch = (name: string, opType: string) => g.subgraph(name, (inner) => inner.output(inner.op(opType, [t])))
    g.output(g.op('If', [c], { then_branch: branch('then', 'Abs'), else_branch: branch('else', 'Neg') }), 'y')
    g.output(
      g.op('Gemm', [t, g.constant(Tensor.float32(new Array(12).fill(0), [3, 4]), 'w')], { alpha: attr.float(1) }),
      'z',
    )
  })
  // Types as if inferred: what the operators say is not at stake here.
  for (const { outputs } of model.allNodes()) outputs[0]!.type = tensorType('float32', [symbol('n'), 3])
  expect(modelText(model)).toBe(`model ir 8, opset ai.onnx 17
graph "main" (x: float32[n, 3], "a b": bool[]) -> (y: float32[n, 3], z: float32[n, 3]) {
  most = float32[] [6]
  w = float32[3, 4]
  Clip: float32[n, 3] = Clip(x, _, most)
  y: float32[n, 3] = If("a b") {then_branch = graph "then" () -> (Abs: float32[n, 3]) {
    Abs: float32[n, 3] = Abs(Clip)
  }, else_branch = graph "else" () -> (Neg: float32[n, 3]) {
    Neg: float32[n, 3] = Neg(Clip)
  }}
  z: float32[n, 3] = Gemm(Clip, w) {alpha = 1}
}
`)
})
