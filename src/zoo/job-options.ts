import type { Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { Report } from '../report/report.js'
import type { DataOptions } from './job-data.js'
import type { LaneCount } from './lanes/lane-count.js'
import type { SearchOptions } from './search-recipe.js'

/** What one job is asked to do. */
export interface JobOptions extends DataOptions {
  /** Default: `<name>.tailored.onnx` beside the model. */
  readonly out?: string | undefined
  readonly target: Target
  /** Sizes for symbolic dims, chosen once the model's inputs are known. */
  readonly bind?: (model: Model) => Map<string, number>
  /** Write those sizes into the file. */
  readonly freeze?: boolean
  readonly verify?: boolean
  /** Without a recipe, and nothing said of labels, test data or a metric: inputs to verify on. Else samples to fit to and judge by. */
  readonly data?: string | undefined
  /** What the metric may lose: by default what the labels allow, 0.01 of it. */
  readonly metric?: string | undefined
  readonly maxDrop?: number | undefined
  /** Architecture decisions, or the file that has them; what a search begins with if there is one. */
  readonly recipe?: Recipe | string | undefined
  /** Looks for a recipe. */
  readonly search?: SearchOptions | undefined
  /** How weights are refitted after a recipe; default: as they are. */
  readonly tune?: string | undefined
  /** How channels are chosen that go when a recipe narrows; default: by weights. */
  readonly channelScores?: string | undefined
  /** Emits what the gate refuses, or what nothing could judge, with a warning. */
  readonly bestEffort?: boolean | undefined
  readonly keepOverridable?: boolean
  readonly seed?: number
  readonly threads?: number
  /** Candidates of a search on data that are built side by side, in processes of their own; default: one, in this process. */
  readonly jobs?: LaneCount | undefined
  readonly timeLimitSeconds?: number
  readonly tool: Report['tool']
  readonly onStage?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal
}
