import type { ModelProfile } from '../model-profile.js'
import { energy } from './energy.js'
import { estimator } from './estimator.js'
import { fileName, profileHeadline } from './headline.js'
import { kernels } from './kernels.js'
import { landscape } from './landscape.js'
import { memory } from './memory.js'
import { assumptions } from './notes.js'
import { page } from './page.js'
import { roofline } from './roofline.js'
import { profiledSubject } from './subject.js'
import { treemaps } from './treemap.js'

/** The profile as one HTML file that needs no network. */
export function htmlProfile(profile: ModelProfile): string {
  const subject = profiledSubject(profile)
  const views = [kernels, treemaps, roofline, memory, landscape, energy, estimator, assumptions]
  return page(
    `${fileName(profile.model.file)} on ${profile.target.name}`,
    profileHeadline(profile),
    views.map((view) => view(subject)),
  )
}
