import type { Model, Node, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { type ConvolutionGeometry, convolutionGeometry, isDepthwise, isPointwise } from '../convolution-layer.js'
import { type Block, type BlockDraft, nodeName, nodesOf } from './block.js'
import { signatureOf } from './block-signature.js'
import { stageOf } from './linear-stage.js'
import { isFunctionOf, sourceConvolution } from './source-convolution.js'

/**
 * Every depthwise convolution of the main graph with the 1x1 convolutions around it, in execution order. Nothing of two
 * inverted bottlenecks or separable pairs overlaps, save for the input of one that is the output of another.
 */
export function findBlocks(model: Model): Block[] {
  inferTypes(model)
  const drafts = new BlockFinder(model).find()
  drafts.sort((a, b) => a.depthwise.convolution.order - b.depthwise.convolution.order)
  const alike = new Map<string, number>()
  let bottlenecks = 0
  return drafts.map((draft) => {
    const form = signatureOf(draft)
    const place = (alike.get(form) ?? 0) + 1
    alike.set(form, place)
    const index = draft.kind === 'inverted-bottleneck' ? bottlenecks++ : undefined
    return { ...draft, index, signature: `${form}@${place}` }
  })
}

/**
 * The block that a decision names: a number counts the inverted bottlenecks with an expansion, a text is the name of a
 * block's first node or, failing that, of any other node of it.
 */
export function blockOf(blocks: readonly Block[], key: number | string): Block | undefined {
  if (typeof key === 'number') return blocks.find(({ index }) => index === key)
  return (
    blocks.find(({ name }) => name === key) ??
    blocks.find((block) => nodesOf(block).some((node) => nodeName(node) === key))
  )
}

class BlockFinder {
  readonly #layers = new Map<Node, ConvolutionGeometry>()
  /** Convolutions that are in a block. */
  readonly #taken = new Set<Node>()

  constructor(model: Model) {
    for (const node of model.graph.nodes()) {
      const layer = convolutionGeometry(node)
      if (layer !== undefined) this.#layers.set(node, layer)
    }
  }

  find(): BlockDraft[] {
    const pairs = [...this.#layers.keys()].flatMap((node) => this.#pairEndingAt(node) ?? [])
    const lone = [...this.#layers.keys()].flatMap((node) => this.#lone(node) ?? [])
    return [...pairs, ...lone]
  }

  /** The inverted bottleneck or separable pair whose last convolution this is. */
  #pairEndingAt(convolution: Node): BlockDraft | undefined {
    const last = this.#layers.get(convolution)!
    if (!isPointwise(last) || last.group !== 1 || this.#taken.has(convolution)) return undefined
    const source = sourceConvolution(convolution.inputs[0]!)
    const depthwise = source === undefined ? undefined : this.#free(source.stage.convolution)
    if (source === undefined || depthwise === undefined || !isDepthwise(depthwise)) return undefined
    const project = stageOf(convolution)
    const rest = {
      depthwise: source.stage,
      depthwiseActivation: source.activation,
      squeezeExcite: source.squeezeExcite,
      project,
    }
    const before = this.#expansion(source.stage.convolution, last, project.output)
    const input = (before?.expand ?? source.stage).convolution.inputs[0]!
    const residual = residualSum(project.output, input)
    const draft = this.#draft({ ...rest, ...(before ?? noExpansion), residual }, last.outChannels)
    for (const node of nodesOf(draft)) this.#taken.add(node)
    return draft
  }

  /** A 1x1 convolution before the depthwise one, when the three are widest in the middle. */
  #expansion(
    depthwise: Node,
    last: ConvolutionGeometry,
    output: Value,
  ): Pick<BlockDraft, 'expand' | 'expandActivation'> | undefined {
    const source = sourceConvolution(depthwise.inputs[0]!)
    const first = source === undefined ? undefined : this.#free(source.stage.convolution)
    if (source === undefined || first === undefined || source.squeezeExcite.length > 0) return undefined
    if (!isPointwise(first) || first.group !== 1) return undefined
    const [before, middle, after] = [first.inChannels, last.inChannels, last.outChannels]
    const isWidest = middle > before && middle > after
    // One that widens nothing is still a bottleneck when its output is linear; a chain of separable pairs is not.
    const isLinear = ![...output.users.keys()].some((user) => isFunctionOf(user, output))
    if (!isWidest && !(isLinear && middle >= before && middle >= after)) return undefined
    return { expand: source.stage, expandActivation: source.activation }
  }

  #lone(convolution: Node): BlockDraft | undefined {
    const layer = this.#layers.get(convolution)!
    if (!isDepthwise(layer) || this.#taken.has(convolution)) return undefined
    const depthwise = stageOf(convolution)
    const residual = residualSum(depthwise.output, convolution.inputs[0]!)
    const rest = { depthwise, depthwiseActivation: [], squeezeExcite: [], project: undefined, residual }
    return this.#draft({ ...rest, ...noExpansion }, layer.outChannels)
  }

  #free(convolution: Node): ConvolutionGeometry | undefined {
    return this.#taken.has(convolution) ? undefined : this.#layers.get(convolution)
  }

  #draft(parts: Omit<BlockDraft, 'kind' | 'name' | 'input' | 'output' | 'sizes'>, out: number): BlockDraft {
    const { expand, depthwise, project, residual } = parts
    const first = (expand ?? depthwise).convolution
    const { kernel, strides, dilations, outChannels } = this.#layers.get(depthwise.convolution)!
    return {
      ...parts,
      kind: expand !== undefined ? 'inverted-bottleneck' : project !== undefined ? 'separable' : 'depthwise',
      name: nodeName(first),
      input: first.inputs[0]!,
      output: residual?.outputs[0] ?? (project ?? depthwise).output,
      sizes: { in: this.#layers.get(first)!.inChannels, middle: outChannels, out, kernel, strides, dilations },
    }
  }
}

const noExpansion = { expand: undefined, expandActivation: [] } as const

/** The Add of a block's output and its input. */
function residualSum(output: Value, input: Value): Node | undefined {
  return [...output.users.keys()].find((user) => user.is('Add') && user.inputs.includes(input) && output !== input)
}
