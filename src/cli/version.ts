import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

export const toolName = 'onnx-tailor'
export const toolVersion: string = manifest.version
