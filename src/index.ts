/**
 * onnx-tailor as a library.
 *
 * ```ts
 * const model = await readModel('model.onnx')
 * const { passes } = await optimize(model)
 * console.log(estimate(model, loadTarget('neural-engine')).latencyMs)
 * await writeModel(model, 'smaller.onnx')
 * console.log((await verify({ path: 'model.onnx' }, { path: 'smaller.onnx' }, await readModel('model.onnx'))).verdict)
 * ```
 */
export { compareModels } from './accuracy/compare-models.js'
export type { DataSet, Labels } from './accuracy/data-set.js'
export { type EvaluatedModel, evaluate } from './accuracy/evaluate.js'
export { holdOut } from './accuracy/hold-out.js'
export { readPreprocess } from './accuracy/input/preprocess.js'
export { metricsFor } from './accuracy/metrics/index.js'
export { type DataRequest, openDataSet } from './accuracy/open-data-set.js'
export { overlap } from './accuracy/overlap.js'
export { CostTable, type CostTableSpec } from './estimator/cost-table.js'
export { estimate } from './estimator/estimate.js'
export { fitTable } from './estimator/fit/fit-table.js'
export { validatePredictor } from './estimator/fit/validate.js'
export { kernelCoster } from './estimator/kernel-coster.js'
export { changeKernel } from './estimator/kernel-variant.js'
export type { KernelMetrics, Metrics } from './estimator/metrics.js'
export { fitNetworks, predictNetwork } from './estimator/network/fit-networks.js'
export { loadPredictor, Predictor, type PredictorFile, readPredictor } from './estimator/predictor.js'
export { readMapping } from './estimator/table/mapping.js'
export { readTable } from './estimator/table/read-table.js'
export { writeModel } from './export/write-model.js'
export { kernelCost } from './hw/cycles/index.js'
export { planKernels } from './hw/kernels.js'
export { planMemory } from './hw/memory/plan.js'
export type { KernelShape } from './hw/shape.js'
export { loadTarget, type Target, targetNames } from './hw/target.js'
export { readModel } from './import/read-model.js'
export { UserError } from './ir/errors.js'
export type { Graph, Model, Node, Value } from './ir/graph.js'
export { channelGroups } from './passes/architecture/channel-groups.js'
export type { Decision, Recipe } from './passes/architecture/decision.js'
export { findBlocks } from './passes/architecture/find-blocks.js'
export { applyRecipe } from './passes/architecture/recipe.js'
export { readRecipe } from './passes/architecture/recipe-file.js'
export type { Advice } from './report/advice.js'
export { type Diff, type DiffOptions, diffSides } from './report/diff/diff-sides.js'
export type { Report } from './report/report.js'
export type { ZooSummary } from './report/zoo-summary.js'
export { verify } from './runtime/verify.js'
export { type AdviseOptions, adviseFile } from './zoo/advise.js'
export { type CommonRequest, zooEntries } from './zoo/batch/entries.js'
export { ProcessRunner } from './zoo/batch/process-runner.js'
export { runZoo, type ZooOptions } from './zoo/batch/run-zoo.js'
export type { Outcome, Runner, RunObserver, ZooJob } from './zoo/batch/runner.js'
export { type CompareFilesOptions, compareFiles } from './zoo/compare-files.js'
export { optimizeFile } from './zoo/job.js'
export type { JobOptions } from './zoo/job-options.js'
export { type OptimizeOptions, optimize } from './zoo/optimize.js'
