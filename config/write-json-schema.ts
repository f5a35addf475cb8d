import { writeFileSync } from 'node:fs'
import { gatewayJsonSchema } from './schema.ts'

// Run by `npm run schema` after a change of schema.ts; a test holds the two together.
writeFileSync(new URL('gateway.schema.json', import.meta.url), `${JSON.stringify(gatewayJsonSchema(), null, 2)}\n`)
