import type { Model } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import { feedsOf, forward } from './forward.js'
import { randomised } from './random-net.js'
import type { ArchitectureScore } from './score.js'

/** Small against He's: products over many layers have to stay within float32. */
const deviation = (fanIn: number): number => 0.25 / Math.sqrt(fanIn)

/**
 * Synaptic flow in its forward form: the logarithm of R = 1' |W_L| ... |W_1| 1, the sum of the outputs for an input of ones with
 * the magnitudes of the weights, biases zero, activations and normalizations left out. R is linear in the weights of each layer,
 * so that the flow of a layer, sum of w dR/dw, is R itself wherever all of R goes through the layer (Euler): the gradients of the
 * paper add up to a multiple of it. Infinite where float32 does not hold it.
 */
export const synflow: ArchitectureScore = {
  definition: 'logarithm of the sum of outputs for ones, magnitudes of weights, activations left out',
  source:
    'Tanaka et al., Pruning neural networks without any data by iteratively conserving synaptic flow, NeurIPS 2020',
  async of(model, { runtime, seed, sizes }) {
    const one = { ...sizes, batch: 1 }
    const net = randomised(model, one, { seed, deviation, isPositive: true, isNormalized: false })
    linearise(net.model)
    const ones = feedsOf(net.model, seed, () => 1)
    const outputs = [...(await forward(runtime, net.model, ones)).values()]
    const all = outputs.flatMap((tensor) => Array.from(tensor.numbers()))
    return Math.log(all.reduce((sum, value) => sum + value, 0))
  },
}

/** Activations and normalizations give what they take. */
function linearise(model: Model): void {
  const patch = new Patch(model)
  for (const node of model.graph.nodes()) {
    const traits = contextOf(node)?.resolved.op.traits ?? []
    const [input, output] = [node.inputs[0], node.outputs[0]]
    if (!(traits.includes('activation') || traits.includes('normalization'))) continue
    if (input !== undefined && output !== undefined && Patch.canReplace(output, input))
      patch.replaceValue(output, input)
  }
  patch.collectGarbage(() => false)
}
