// docs/api.md: what the package exports, with its doc comments.
import { apiItems } from './api-model.mjs'

/** What the rooms of src/ are to those who import them, in the order of the page. */
const rooms = {
  zoo: 'Files: what the commands do',
  report: 'Records of what was found out, and texts of them',
  search: 'Searches',
  tune: 'Weights',
  accuracy: 'Samples and accuracy',
  estimator: 'Estimates',
  hw: 'Hardware',
  passes: 'Passes and architecture',
  runtime: 'Running models',
  import: 'Reading models',
  export: 'Writing models',
  ir: 'Models in memory',
}

const textOf = ({ excerptTokens }) =>
  excerptTokens
    .map(({ text }) => text)
    .join('')
    .trim()
    .replace(/^export (declare )?/, '')
    .replace(/;$/, '')

/** The words of a doc comment; not those that the extractor puts where a constructor has none. */
const proseOf = ({ docComment = '' }) =>
  docComment
    .replace(/^\/\*\*\s*\n?|\s*\*\/\s*$/g, '')
    .replaceAll(/^ ?\* ?/gm, '')
    .replace(/^Constructs a new instance of the `\w+` class$/, '')
    .trim()

/** A declaration as TypeScript: members of interfaces and classes have their comments above them. */
function declarationOf(item) {
  const head = textOf(item)
  if (item.members === undefined) return head
  const members = item.members.flatMap((member) => {
    const prose = proseOf(member)
    return [...(prose === '' ? [] : commentOf(prose)), ...textOf(member).split('\n')].map((line) => `  ${line}`)
  })
  return [`${head} {`, ...members, '}'].join('\n')
}

const commentOf = (prose) =>
  prose.includes('\n') ? ['/**', ...prose.split('\n').map((line) => ` * ${line}`), ' */'] : [`/** ${prose} */`]

const isCallable = ({ kind }) => kind === 'Function' || kind === 'Variable'
const byName = (a, b) => isCallable(b) - isCallable(a) || a.name.localeCompare(b.name)

/** GitHub's anchors: the second heading of a name gets a number. */
function anchors() {
  const seen = new Map()
  return (name) => {
    const slug = name.toLowerCase()
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  }
}

/** The page, and what is exported without a word about it. */
export function apiPage() {
  const main = apiItems('dist/index.d.ts')
  const pages = apiItems('dist/html.d.ts')
  const roomOf = ({ fileUrlPath }) => fileUrlPath.split('/')[1]
  const sections = [
    ...Object.entries(rooms).map(([room, title]) => ({ title, items: main.filter((item) => roomOf(item) === room) })),
    { title: 'Pages (onnx-tailor/html)', items: pages },
  ].filter(({ items }) => items.length > 0)
  const listed = sections.flatMap(({ items }) => items)
  const unplaced = main.filter((item) => !listed.includes(item)).map(({ name }) => name)
  if (unplaced.length > 0) throw new Error(`exports of a room without a title: ${unplaced.join(', ')}`)

  const anchorOf = anchors()
  for (const section of sections) {
    section.items.sort(byName)
    section.anchor = anchorOf(section.title.replaceAll(/[^\w -]/g, '').replaceAll(' ', '-'))
    section.entries = section.items.map((item) => ({ item, anchor: anchorOf(item.name) }))
  }
  const text = [
    '# API',
    '',
    "Written from the declarations and comments of what the package exports. `import { readModel } from 'onnx-tailor'`; pages of HTML are",
    "exported by `'onnx-tailor/html'`. Functions that take files of users throw [`UserError`](#usererror) for faults of theirs, with the",
    'file, the place in it and a remedy; everything else that is thrown is a bug.',
    '',
    ...sections.map(
      ({ title, anchor, entries }) =>
        `- [${title}](#${anchor}): ${entries.map(({ item, anchor: at }) => `[${item.name}](#${at})`).join(', ')}`,
    ),
    '',
    ...sections.flatMap(({ title, items }) => [
      `## ${title}`,
      '',
      ...items.flatMap((item) => [
        `### ${item.name}`,
        '',
        ...(proseOf(item) === '' ? [] : [proseOf(item), '']),
        '```ts',
        declarationOf(item),
        '```',
        '',
      ]),
    ]),
  ].join('\n')
  return { text, undocumented: listed.filter((item) => proseOf(item) === '').map(({ name }) => name) }
}
