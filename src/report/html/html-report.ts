import type { Report } from '../report.js'
import { certificate } from './certificate.js'
import { changes } from './changes.js'
import { decisions } from './decisions.js'
import { energy } from './energy.js'
import { estimator } from './estimator.js'
import { fileName, headline } from './headline.js'
import { kernels } from './kernels.js'
import { landscape } from './landscape.js'
import { memory } from './memory.js'
import { notes } from './notes.js'
import { page } from './page.js'
import { roofline } from './roofline.js'
import { search } from './search.js'
import { treemaps } from './treemap.js'

/** Parts of the page in their order. */
const sections = [
  certificate,
  decisions,
  kernels,
  treemaps,
  roofline,
  memory,
  landscape,
  search,
  changes,
  energy,
  estimator,
  notes,
] as const

/** The report as one HTML file that needs no network: pictures are SVG, made here. */
export const htmlReport = (report: Report): string =>
  page(
    `${fileName(report.model.file)} for ${report.target.name}`,
    headline(report),
    sections.map((section) => section(report)),
  )
