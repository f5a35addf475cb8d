/** A browser on one host of a group. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Namespace } from '../namespaces.ts'

export type { Browser, Page }

const PATIENCE_MS = 20_000

/** Debian's, started inside the namespace; what it is told comes by pipes. `folder`: for the script that starts it. */
export async function startBrowser(namespace: Namespace, folder: string): Promise<Browser> {
  const start = join(folder, 'browser')
  writeFileSync(start, `#!/bin/sh\nexec ip netns exec ${namespace.name} chromium "$@"\n`)
  chmodSync(start, 0o755)
  return chromium.launch({ executablePath: start, args: ['--no-sandbox', '--disable-gpu'] })
}

/** The page of a gateway, by a reader who has shown the token already. What is wrong with it while it runs is in `errors`. */
export async function openPage(
  browser: Browser,
  url: string,
  token: string | null,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  // The policy of the page refuses by lines on the console.
  page.on('console', (line) => {
    if (/Content Security Policy|MIME/.test(line.text())) errors.push(line.text())
  })
  if (token !== null) await page.addInitScript((shown) => sessionStorage.setItem('token', shown), token)
  await page.goto(url)
  return { page, errors }
}

/** What axe-core finds, a line each: the rule, and where. */
export async function accessibilityFindings(page: Page): Promise<readonly string[]> {
  // Not as a script of the page, whose policy lets none in: by the debugger.
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: readonly Violation[]; passes: readonly unknown[] }> }
    }
    interface Violation {
      readonly id: string
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
    }
    const { violations, passes } = await axe.run()
    if (passes.length < 10) return ['axe-core has looked at nothing']
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`))
  })
}
