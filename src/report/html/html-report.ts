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
import { comparedSubject } from './subject.js'
import { treemaps } from './treemap.js'

/** The report as one HTML file that needs no network: pictures are SVG, made here. */
export function htmlReport(report: Report): string {
  const subject = comparedSubject(report)
  return page(`${fileName(report.model.file)} for ${report.target.name}`, headline(report), [
    certificate(report),
    decisions(report),
    kernels(subject),
    treemaps(subject),
    roofline(subject),
    memory(subject),
    landscape(subject),
    search(report),
    changes(report),
    energy(subject),
    estimator(subject),
    notes(report),
  ])
}
