import type { Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import type { Report } from '../report/report.js'

/** What one job is asked to do. */
export interface JobOptions {
  /** Default: `<name>.tailored.onnx` beside the model. */
  readonly out?: string | undefined
  readonly target: Target
  /** Sizes for symbolic dims, chosen once the model's inputs are known. */
  readonly bind?: (model: Model) => Map<string, number>
  /** Write those sizes into the file. */
  readonly freeze?: boolean
  readonly verify?: boolean
  /** Inputs to verify on. */
  readonly data?: string | undefined
  readonly keepOverridable?: boolean
  readonly seed?: number
  readonly threads?: number
  readonly timeLimitSeconds?: number
  readonly tool: Report['tool']
  readonly onStage?: (text: string) => void
  readonly signal?: AbortSignal
}
