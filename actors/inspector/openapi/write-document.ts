import { writeFileSync } from 'node:fs'
import { openApiDocument } from './document.ts'

// Run by `npm run schema` after a change of paths.ts or answers.ts; a test holds them together.
writeFileSync(new URL('openapi.json', import.meta.url), `${JSON.stringify(openApiDocument(), null, 2)}\n`)
