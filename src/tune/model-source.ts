import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelBytes } from '../export/model-bytes.js'
import { stageModel } from '../export/write-model.js'
import type { Model } from '../ir/graph.js'
import type { ModelSource } from '../runtime/session.js'

/** A model for the runtime, in memory; on disk where weights of it are not in memory either. */
export async function sourceOf(model: Model): Promise<{ readonly source: ModelSource; discard(): Promise<void> }> {
  if (!model.usesExternalData) {
    return { source: { bytes: modelBytes(model) }, discard: async () => {} }
  }
  const staged = await stageModel(model, join(tmpdir(), 'slice.onnx'))
  return { source: { path: staged.path }, discard: () => staged.discard() }
}
