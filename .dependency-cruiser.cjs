// Imports go one way. A room may import rooms further down this list, never one above or beside it; all may import ir.
const layers = [
  ['cli'],
  ['zoo'],
  ['report', 'search'],
  ['tune'],
  ['accuracy'],
  ['estimator'],
  ['hw'],
  ['passes'],
  ['runtime'],
  ['export', 'import'],
  ['onnx'],
  ['ir'],
]

const upward = layers.flatMap((rooms, depth) =>
  rooms.map((room) => {
    const allowed = [room, ...layers.slice(depth + 1).flat()]
    return {
      name: `${room}-imports-downwards`,
      comment: `src/${room} may import only ${allowed.join(', ')}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed.join('|')})/` },
    }
  }),
)

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'onnxruntime-in-runtime-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/' },
      to: { path: 'onnxruntime-node' },
    },
    {
      name: 'no-test-in-source',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|fixtures)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'generated' },
    tsPreCompilationDeps: true,
    parser: 'swc',
  },
}
