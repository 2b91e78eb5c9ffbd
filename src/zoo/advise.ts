import { setImmediate } from 'node:timers/promises'
import { firstSamples } from '../accuracy/select-samples.js'
import { profile } from '../estimator/profile.js'
import type { Target } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import { type Block, nodeName, nodesOf } from '../passes/architecture/block.js'
import type { ChannelGroup } from '../passes/architecture/channel-groups.js'
import type { Decision } from '../passes/architecture/decision.js'
import { isDeclined } from '../passes/architecture/declined.js'
import { blockOf } from '../passes/architecture/find-blocks.js'
import { rememberNames } from '../passes/architecture/former-names.js'
import { applyDecisions, applyRecipe } from '../passes/architecture/recipe.js'
import { readRecipe } from '../passes/architecture/recipe-file.js'
import type { Advice, AdvisedAlternative, AdvisedBlock, AdvisedGroup, AdvisedRecipe } from '../report/advice.js'
import { figuresOfDecision } from '../report/decision-figures.js'
import type { Report } from '../report/report.js'
import { alternatives } from '../search/alternatives.js'
import { cleanUp } from '../search/clean-up.js'
import { curatedStep } from '../search/curated-step.js'
import { channelScorer, channelScoringDefaults } from '../tune/channel-scorers.js'
import type { FidelityTable } from '../tune/fidelity-table.js'
import { advised, ranked } from './advised-alternative.js'
import { fileFacts, modelDigest } from './facts.js'
import { type DataOptions, type JobData, openJobData } from './job-data.js'
import { openFidelityTable } from './open-fidelity-table.js'
import { passContext } from './pass-context.js'
import { originalFor, runOptions } from './tailor.js'
import { isMeasurable, weighRecipe } from './weigh-recipe.js'

/** What advice is for, and the samples that the cost of each change is measured on; without `data` nothing is measured. */
export interface AdviseOptions extends Omit<DataOptions, 'testData' | 'testLabels'> {
  readonly target: Target
  /** Sizes of symbolic dims, chosen once the model's inputs are known. */
  readonly bind?: (model: Model) => Map<string, number>
  readonly metric?: string | undefined
  /** How weights are refitted before fidelity is measured. */
  readonly tune?: string | undefined
  /** How channels are chosen that go; default: by weights. */
  readonly channelScores?: string | undefined
  /** File of a recipe: its decisions are weighed, and alternatives are further changes. */
  readonly recipe?: string | undefined
  /** Where fidelities are kept. */
  readonly cache?: string | undefined
  readonly threads?: number | undefined
  readonly timeLimitSeconds?: number | undefined
  readonly tool: Report['tool']
  readonly onStage?: (text: string) => void
  readonly signal?: AbortSignal
}

/** Fidelity is measured on at most this many of the samples held out. */
const heldOutSamples = 256

/**
 * What could be decided on in a model: every alternative by itself applied to a copy, estimated, and with data refitted and
 * measured; best first. With a recipe what each of its decisions is worth, and every alternative on top of it. Throws UserError for a
 * model, recipe or data at fault.
 */
export async function adviseFile(file: string, options: AdviseOptions): Promise<Advice> {
  const { target, onStage, signal } = options
  onStage?.(`reading ${file}`)
  const recipe = options.recipe === undefined ? undefined : readRecipe(options.recipe)
  const given = await readModel(file)
  const symbols = options.bind?.(given) ?? new Map<string, number>()
  const facts = await fileFacts(file, given)
  const digest = await modelDigest(file, given)
  const passed = passContext(given, target, { mayTrade: false })
  const former = rememberNames(given)
  await cleanUp(given, passed, { ...(signal && { signal }) })
  const curated = { multipleOf: curatedStep(target) }
  const data = await openJobData(given, options)
  const model = await originalFor(given, options.tune, data?.calibration, options)
  const { blocks, groups, decisions } = alternatives(model, curated.multipleOf)
  const made = recipe?.decisions ?? []
  const profileOf = (each: Model) => profile(each, target, { symbols })
  onStage?.('finding out which channels matter')
  const channelScores = options.channelScores ?? channelScoringDefaults.withoutData
  const scores = await channelScorer(channelScores, {
    original: model,
    decisions: [...made, ...decisions],
    data: data?.calibration,
    options: runOptions(options),
  })
  const applying = { file: options.recipe, former, curated, scores }
  const whole = recipe === undefined ? undefined : applyRecipe(model, recipe, applying)
  const base = profileOf(whole?.model ?? model)
  const table = await tableOf(model, digest, data, { ...options, channelScores })
  const found: Omit<AdvisedAlternative, 'rank'>[] = []
  const declined: Advice['declined'][number][] = []
  let weighed: AdvisedRecipe | undefined
  try {
    if (recipe !== undefined && whole !== undefined)
      weighed = await weighRecipe(model, {
        file: options.recipe!,
        recipe,
        whole,
        context: applying,
        profileOf,
        table,
        onStage,
        signal,
      })
    for (const [i, decision] of decisions.entries()) {
      // Lets an interruption through.
      await setImmediate()
      signal?.throwIfAborted()
      onStage?.(`alternative ${i + 1} of ${decisions.length}: ${placeOf(decision)}`)
      const all = [...made, decision]
      const result = applyDecisions(model, all, applying)
      if (isDeclined(result)) {
        declined.push({ decision, reason: result.reason, remedy: result.remedy })
        continue
      }
      const after = profileOf(result.model)
      // What saves nothing needs no measuring; images of another size have no values that those of the original are held against.
      const isMeasured = after.metrics.latencyMs < base.metrics.latencyMs && isMeasurable(all)
      const fidelity = (isMeasured ? await table?.of(result) : undefined) ?? null
      found.push(advised(result.decisions.at(-1)!, base, after, target, fidelity, nodesOfBlock(blocks, decision)))
    }
  } finally {
    await table?.close()
  }
  return {
    adviceVersion: 1,
    model: facts,
    target: { name: target.name, kind: target.kind, provenance: target.provenance },
    base: figuresOfDecision(base.metrics),
    blocks: blocks.map(advisedBlock),
    groups: groups.map(advisedGroup),
    ...(weighed !== undefined && { recipe: weighed }),
    data: table === undefined ? null : { source: table.heldOut.source, samples: table.heldOut.count },
    alternatives: ranked(found),
    declined,
  }
}

async function tableOf(
  teacher: Model,
  digest: string,
  data: JobData | undefined,
  options: AdviseOptions & { readonly channelScores: string },
): Promise<FidelityTable | undefined> {
  if (data?.calibration === undefined) return undefined
  const heldOut = firstSamples(data.test, heldOutSamples)
  const model = { teacher, digest, target: options.target.name }
  return openFidelityTable(model, { calibration: data.calibration, heldOut }, options)
}

function nodesOfBlock(blocks: readonly Block[], decision: Decision): ReadonlySet<string> {
  const block = decision.kind === 'block' ? blockOf(blocks, decision.block!) : undefined
  return new Set(block === undefined ? [] : nodesOf(block).map(nodeName))
}

function placeOf(decision: Decision): string {
  switch (decision.kind) {
    case 'block':
      return `${decision.alternative} of block ${decision.block}`
    case 'convolution':
      return `${decision.alternative} of ${decision.node}`
    case 'width':
      return `${decision.size} channels of ${decision.group}`
    case 'depth-multiplier':
      return `all channels x ${decision.ratio}`
    case 'resolution':
      return `${decision.height} x ${decision.width}`
  }
}

const advisedBlock = ({ index, name, signature, kind, sizes }: Block): AdvisedBlock => ({
  index: index ?? null,
  name,
  signature,
  kind,
  channels: [sizes.in, sizes.middle, sizes.out],
  kernel: sizes.kernel,
  strides: sizes.strides,
})

const advisedGroup = (
  { name, signature, size, macs, parameters, pinned, approximate }: ChannelGroup,
  index: number,
): AdvisedGroup => ({
  index,
  name,
  signature,
  size,
  macs,
  parameters,
  pinned: pinned?.reason ?? null,
  approximate: approximate?.reason ?? null,
})
