/// <reference types="node" preserve="true" />
/** Records as pages that need no network. Apart from `onnx-tailor` because drawing takes a while to load. */
export { htmlDiff, htmlZooDiff } from './report/html/html-diff.js'
export { htmlProfile } from './report/html/html-profile.js'
export { htmlReport } from './report/html/html-report.js'
export { htmlZoo } from './report/html/html-zoo.js'
