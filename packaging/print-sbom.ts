/** `npm run --silent sbom`: what is in a release of this clone, as CycloneDX, on stdout. */
import { readProject, releaseTime } from './build/project.ts'
import { sbomText } from './build/sbom.ts'

const project = readProject()
process.stdout.write(sbomText(project, releaseTime(project)))
