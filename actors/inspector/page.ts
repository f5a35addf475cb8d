import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Answer } from './http/server.ts'

const FILE = new URL('./page/index.html', import.meta.url)

/** The page on `/`: one file, which asks for `/status` and `/events` every second. It says nothing of this gateway by itself. */
export function createPage(): Answer & { readonly body: string } {
  const body = readFileSync(FILE, 'utf8')
  // Nothing runs, and nothing is loaded, but what is in the file.
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(body, 'script')}'`,
    `style-src '${hashOf(body, 'style')}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  const headers = { 'content-security-policy': policy.join('; '), 'referrer-policy': 'no-referrer' }
  return { status: 200, type: 'text/html; charset=utf-8', body, headers }
}

function hashOf(page: string, element: 'script' | 'style'): string {
  const text = new RegExp(`<${element}>(.*)</${element}>`, 's').exec(page)?.[1] ?? ''
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
