import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { countParameters } from '../estimator/estimate.js'
import type { Model } from '../ir/graph.js'
import type { ModelFacts } from '../report/report.js'

/** Name, digest, size and counts of a model file. External data count towards its bytes, not its digest. */
export async function fileFacts(file: string, model: Model): Promise<ModelFacts> {
  const sha256 = await fileDigest(file)
  let { size } = await stat(file)
  for (const path of externalFiles(model)) size += (await stat(path)).size
  return { file, sha256, bytes: size, nodes: model.nodeCount, parameters: countParameters(model) }
}

/** Digest (hex) of all that a model consists of, its external data too. */
export async function modelDigest(file: string, model: Model): Promise<string> {
  const digests = [await fileDigest(file)]
  for (const path of externalFiles(model)) digests.push(await fileDigest(path))
  return digests.join('+')
}

/** SHA-256 (hex) of a file, streamed. */
export async function fileDigest(file: string): Promise<string> {
  const digest = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) digest.update(chunk as Buffer)
  return digest.digest('hex')
}

/** The files beside the model that hold its tensors. */
export function externalFiles(model: Model): Set<string> {
  const files = new Set<string>()
  for (const root of model.roots()) {
    for (const { tensor } of root.initializers)
      if (tensor?.externalFile !== undefined) files.add(tensor.externalFile.path)
  }
  return files
}
