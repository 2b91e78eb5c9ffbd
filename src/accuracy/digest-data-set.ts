import { createHash } from 'node:crypto'
import type { DataSet, Labels } from './data-set.js'

/** A digest (hex) of samples and answers: equal sets in equal order have the same, wherever they lie. */
export async function digestDataSet(data: DataSet): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([await data.digests(), data.imageSize ?? null]))
  if (data.labels !== undefined) for (const part of partsOf(data.labels)) hash.update(part)
  return hash.digest('hex')
}

function partsOf(labels: Labels): (string | Uint8Array)[] {
  switch (labels.kind) {
    case 'classes':
      return [JSON.stringify([labels.kind, [...labels.classes]])]
    case 'masks': {
      const { kind, height, width, ignored = null, masks } = labels
      return [JSON.stringify([kind, height, width, ignored]), masks]
    }
    case 'boxes':
      return [JSON.stringify([labels.kind, labels.boxes])]
  }
}
