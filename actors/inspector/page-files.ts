import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answer, ContentType } from './http/server.ts'

const FOLDER = new URL('./page/', import.meta.url)
/** What a browser loads; what else is in the folder is for people and compilers. */
const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8' } as const

/** Nothing runs, and nothing is loaded, but what this gateway serves; icons are made by the page itself. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  // Kept, but asked for each time whether it is still the same: after an upgrade no file of the former page is left.
  'cache-control': 'no-cache',
}

/**
 * The page on `/` and the modules, style sheets and the plotting library that it loads, below `/page/`. All are read at the start: an
 * upgrade on the disk does not mix with what runs. They say nothing of this gateway by themselves.
 */
export class PageFiles {
  readonly #files: ReadonlyMap<string, Answer & { readonly etag: string }>

  constructor() {
    const loaded = readdirSync(FOLDER).flatMap((name) => {
      const ending = extname(name)
      return isLoaded(ending) ? [fileOf(`/page/${name}`, new URL(name, FOLDER), TYPES[ending])] : []
    })
    this.#files = new Map([
      fileOf('/', new URL('index.html', FOLDER), 'text/html; charset=utf-8'),
      fileOf('/page/uplot.js', new URL(import.meta.resolve('uplot/dist/uPlot.esm.js')), TYPES['.js']),
      fileOf('/page/uplot.css', new URL(import.meta.resolve('uplot/dist/uPlot.min.css')), TYPES['.css']),
      ...loaded,
    ])
  }

  /** The paths, which are all there will be. */
  get paths(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** `path`: as it is asked for, without a query. `known`: the tag that the asker has. Undefined for what is no file of the page. */
  answer(path: string, known: string | undefined): Answer | undefined {
    const file = this.#files.get(path)
    return file !== undefined && known === file.etag ? { ...file, status: 304, body: '' } : file
  }
}

function fileOf(path: string, file: URL, type: ContentType) {
  const body = readFileSync(fileURLToPath(file))
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return [path, { status: 200, type, body, etag, headers: { ...HEADERS, etag } }] as const
}

const isLoaded = (ending: string): ending is keyof typeof TYPES => ending in TYPES
