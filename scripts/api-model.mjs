// What the package exports, as API Extractor reads it from the compiled declarations: types, signatures and doc comments.
// (It brings a TypeScript of its own; the compiler of the repository has no programming interface.)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Items of an entry point (`dist/index.d.ts`): `{ kind, name, docComment, excerptTokens, members, fileUrlPath }`. */
export function apiItems(entryPoint) {
  const folder = mkdtempSync(join(tmpdir(), 'api-model-'))
  try {
    const apiJsonFilePath = join(folder, 'api.json')
    const mainEntryPointFilePath = join(root, entryPoint)
    const compilerOptions = {
      ...{ target: 'es2023', lib: ['es2023'], module: 'nodenext', moduleResolution: 'nodenext', strict: true },
      ...{ esModuleInterop: true, skipLibCheck: true, types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
    }
    const config = ExtractorConfig.prepare({
      configObjectFullPath: undefined,
      packageJsonFullPath: join(root, 'package.json'),
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath,
        newlineKind: 'lf',
        compiler: { overrideTsconfig: { compilerOptions, files: [mainEntryPointFilePath] } },
        apiReport: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        docModel: { enabled: true, apiJsonFilePath },
      },
    })
    // Its rules of style are not ours: doc comments here are plain text.
    const { succeeded } = Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        message.handled = message.category !== 'Compiler'
      },
    })
    if (!succeeded) throw new Error(`${entryPoint}: its declarations cannot be read`)
    return JSON.parse(readFileSync(apiJsonFilePath, 'utf8')).members[0].members
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
