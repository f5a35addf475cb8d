import { readFileSync } from 'node:fs'
import type { Answer } from './http/server.ts'

const VERSION = '/v1'

/** Every path answers under /v1, too: what is asked for there stays as it is when there is a /v2. */
export function unversioned(url: URL | null): URL | null {
  if (url?.pathname.startsWith(`${VERSION}/`) === true) url.pathname = url.pathname.slice(VERSION.length)
  return url
}

/** The OpenAPI document, which `npm run schema` has written; read once, as the page is. */
export function openApiAnswer(): Answer {
  const body = readFileSync(new URL('./openapi/openapi.json', import.meta.url))
  return { status: 200, type: 'application/json', body }
}
