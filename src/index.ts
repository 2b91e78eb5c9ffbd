/// <reference types="node" preserve="true" />
/**
 * onnx-tailor as a library. What the command line does with files are the functions that end in `File` or `Files`; below them
 * are the parts they are made of, for models in memory. Pages of HTML are in `onnx-tailor/html`.
 *
 * ```ts
 * const tool = { name: 'my-build', version: '1.0.0' }
 * const report = await optimizeFile('model.onnx', { target: loadTarget('neural-engine'), tool })
 * console.log(report.verification.verdict, report.before.latencyMs, report.after.latencyMs)
 *
 * const model = await readModel('model.onnx')
 * const { passes } = await optimize(model)
 * console.log(estimate(model, loadTarget('neural-engine')).latencyMs)
 * await writeModel(model, 'smaller.onnx')
 * console.log((await verify({ path: 'model.onnx' }, { path: 'smaller.onnx' }, await readModel('model.onnx'))).verdict)
 * ```
 */

export { type AccuracyComparison, compareModels } from './accuracy/compare-models.js'
export type { DataSet, Labels } from './accuracy/data-set.js'
export { type EvaluatedModel, type EvaluateOptions, evaluate, type Score } from './accuracy/evaluate.js'
export { holdOut, type Split } from './accuracy/hold-out.js'
export { type Preprocess, readPreprocess } from './accuracy/input/preprocess.js'
export { metricsFor } from './accuracy/metrics/index.js'
export type { Metric } from './accuracy/metrics/metric.js'
export { type DataRequest, openDataSet } from './accuracy/open-data-set.js'
export { type Overlap, overlap } from './accuracy/overlap.js'
export { CostTable, type CostTableSpec } from './estimator/cost-table.js'
export { estimate } from './estimator/estimate.js'
export { estimateFile } from './estimator/estimate-file.js'
export { type FitOptions, fitTable } from './estimator/fit/fit-table.js'
export { type GroupValidation, validatePredictor } from './estimator/fit/validate.js'
export { kernelCoster } from './estimator/kernel-coster.js'
export { changeKernel, type KernelChange } from './estimator/kernel-variant.js'
export type { KernelMetrics, Metrics } from './estimator/metrics.js'
export {
  fitNetworks,
  type NetworkFitOptions,
  type NetworkModel,
  type NetworkPrediction,
  predictNetwork,
} from './estimator/network/fit-networks.js'
export { loadPredictor, type Prediction, Predictor, type PredictorFile, readPredictor } from './estimator/predictor.js'
export { type ColumnMapping, readMapping } from './estimator/table/mapping.js'
export { type MeasurementTable, readTable } from './estimator/table/read-table.js'
export { modelBytes } from './export/model-bytes.js'
export { type WriteOptions, type WrittenModel, writeModel } from './export/write-model.js'
export type { Binding } from './hw/concrete-sizes.js'
export type { KernelCost } from './hw/cycles/cost.js'
export { kernelCost } from './hw/cycles/index.js'
export type { Kernel } from './hw/kernel.js'
export { type KernelPlan, planKernels } from './hw/kernels.js'
export { type MemoryOptions, type MemoryPlan, planMemory } from './hw/memory/plan.js'
export type { KernelShape, Precision } from './hw/shape.js'
export { type ArrayTarget, loadTarget, type MeasuredTarget, type Target, targetNames } from './hw/target.js'
export { type BytesOptions, modelFromBytes, readModel } from './import/read-model.js'
export { type BuildOptions, buildModel, type GraphBuilder } from './ir/build.js'
export { type Dim, SymbolicDim, staticShape, symbol } from './ir/dim.js'
export type { DType } from './ir/dtype.js'
export { type ErrorCode, UserError } from './ir/errors.js'
export type { Attribute, FunctionBody, Graph, Model, Node, Value } from './ir/graph.js'
export { type InferenceProblem, inferTypes } from './ir/infer.js'
export { attr, type NodeSpec, Patch } from './ir/patch.js'
export { Tensor, type TypedArray } from './ir/tensor.js'
export { graphText, modelText } from './ir/text.js'
export { dimsOf, dtypeOf, type TensorType, tensorType, typeText, type ValueType } from './ir/type.js'
export { verifyGraph } from './ir/verify.js'
export type { Block } from './passes/architecture/block.js'
export { type ChannelGroup, channelGroups } from './passes/architecture/channel-groups.js'
export type { Decision, Recipe } from './passes/architecture/decision.js'
export { findBlocks } from './passes/architecture/find-blocks.js'
export { applyRecipe, type RecipeContext, type RecipeResult } from './passes/architecture/recipe.js'
export { readRecipe } from './passes/architecture/recipe-file.js'
export { cloneModel } from './passes/clone-model.js'
export type { AccuracyCheck } from './report/accuracy-view.js'
export type { Advice, AdvisedAlternative, AdvisedBlock, AdvisedGroup } from './report/advice.js'
export type { CheckResult } from './report/check-view.js'
export type { Comparison } from './report/comparison.js'
export {
  type Assertion,
  type AssertionLevel,
  type AssertionResult,
  parseAssertion,
  readAssertions,
} from './report/diff/assertions.js'
export { type Diff, type DiffOptions, diffSides } from './report/diff/diff-sides.js'
export { diffZoos, type ZooDiff } from './report/diff/diff-zoos.js'
export { markdownDiff, markdownZooDiff } from './report/diff/markdown.js'
export { diffRecord, zooDiffRecord } from './report/diff/record.js'
export type { Side } from './report/diff/side.js'
export { markdownReport } from './report/markdown.js'
export type { ModelProfile } from './report/model-profile.js'
export type {
  AccuracyEntry,
  DecisionEntry,
  ModelFacts,
  PassEntry,
  Report,
  TargetEntry,
  VerificationEntry,
} from './report/report.js'
export type { ZooFailure, ZooModel, ZooSummary, ZooTotals } from './report/zoo-summary.js'
export type { ModelSource } from './runtime/session.js'
export { type Verification, type VerifyOptions, verify } from './runtime/verify.js'
export { type Budget, parseBudgets } from './search/budgets.js'
export { type Evaluation, type Evaluator, FidelityEvaluator } from './search/evaluator.js'
export type { Losses } from './search/fidelity/losses.js'
export { measureLosses } from './search/fidelity/measured-losses.js'
export { randomInputLosses } from './search/fidelity/random-input-losses.js'
export { weightProxy } from './search/fidelity/weight-proxy.js'
export { type OpenedSpace, openSpace, type SpaceOptions, type SpacePart } from './search/open-space.js'
export type { ScoredCandidate, SearchAlgorithm, SearchOutcome, SearchRequest } from './search/request.js'
export { search } from './search/search.js'
export { candidateOf, recipeOf } from './search/space/candidate-recipe.js'
export type { Space } from './search/space/space.js'
export { defaultLevels, type WidthOptions } from './search/space/width-options.js'
export { chooseScore } from './search/zero-shot/choose-score.js'
export { zeroShotFilter, zeroShotRanking } from './search/zero-shot/filter.js'
export { type AdviseOptions, adviseFile } from './zoo/advise.js'
export { type CommonRequest, zooEntries } from './zoo/batch/entries.js'
export type { JobRequest } from './zoo/batch/job-request.js'
export type { ModelRequest } from './zoo/batch/manifest.js'
export { ProcessRunner, type ProcessRunnerOptions } from './zoo/batch/process-runner.js'
export { runZoo, type ZooEntry, type ZooOptions, type ZooProgress, type ZooResult } from './zoo/batch/run-zoo.js'
export type { Failed, JobLimits, Outcome, Runner, RunObserver, ZooJob } from './zoo/batch/runner.js'
export { bindSymbols } from './zoo/bind-symbols.js'
export { checkFile } from './zoo/check.js'
export { type AccuracyCheckOptions, checkAccuracy } from './zoo/check-accuracy.js'
export { type CompareFilesOptions, compareFiles, type FileComparison } from './zoo/compare-files.js'
export { compareTargets } from './zoo/compare-targets.js'
export { optimizeFile } from './zoo/job.js'
export type { DataOptions } from './zoo/job-data.js'
export type { JobOptions } from './zoo/job-options.js'
export type { LaneCount } from './zoo/lanes/lane-count.js'
export { modelFiles } from './zoo/model-files.js'
export { type OptimizeOptions, optimize } from './zoo/optimize.js'
export { type ProfileOptions, profileFile } from './zoo/profile-file.js'
export type { SearchOptions } from './zoo/search-recipe.js'
