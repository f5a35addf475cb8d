/** `npm run man`: man pages and completions, from the command line and the schema, into packaging/generated/. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { generatedFiles } from './generated-files.ts'

// So that what is built twice from the same source is the same.
const { SOURCE_DATE_EPOCH: epoch } = process.env
const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)
const folder = new URL('generated/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, text] of await generatedFiles(date.toISOString().slice(0, 10)))
  writeFileSync(new URL(name, folder), text)
