/** The page in a browser, beside a group that is made to fail. The steps build on each other. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { accessibilityFindings, type Browser, openPage, type Page, startBrowser } from './browser.ts'
import { CLIENTS, type GatewayNode, Group, START_PATIENCE_MS, until } from './group.ts'
import { startNamedServers } from './survival.ts'

const [VIEWER, OPERATOR] = ['a-token-of-a-viewer', 'a-token-of-an-operator']
const SETTINGS = `forwarding: workers
vrrp: { version: 3, advertInterval: 100ms }
inspector:
  listen: 0.0.0.0:9253
  tokens: [{ role: viewer, token: ${VIEWER} }, { role: operator, token: ${OPERATOR} }]`
const PATIENCE_MS = 20_000

describeInNamespaces('the page in a browser', { programs: ['chromium'] }, (namespaces) => {
  let group: Group
  let browser: Browser
  let [director, next, scanning]: GatewayNode[] = []

  const open = (node: GatewayNode, token: string | null, options = {}) =>
    openPage(browser, `http://${node.address}:9253/`, token, options)
  const words = (page: Page) => page.locator('#verdict-words').textContent()
  const reads = (page: Page, pattern: RegExp) =>
    until(async () => pattern.test((await words(page)) ?? ''), PATIENCE_MS, `the page to say ${pattern}`, 20)

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89, 79], settings: SETTINGS })
    ;[director, next, scanning] = group.nodes
    startNamedServers(group)
    for (const node of group.nodes) node.startGateway()
    browser = await startBrowser(group.client, group.folder)
    await group.settled(0, 3, START_PATIENCE_MS)
  }, 2 * START_PATIENCE_MS)
  afterAll(async () => {
    await browser?.close()
    await namespaces.close()
    group.close()
  })

  it('asks for the token, and shows all three nodes on a scanning node, whose reader may look', async () => {
    const { page, errors } = await open(scanning!, null)
    await page.fill('#token-input', 'a-token-of-nobody')
    await page.click('#token button')
    await page.getByText('does not know the token').waitFor()
    await page.fill('#token-input', VIEWER)
    await page.click('#token button')
    await page.locator('.card').nth(2).waitFor()
    expect(await page.locator('.card h3').allInnerTexts()).toEqual(['node0', 'node1', 'node2'])
    await page.getByText('Read only: orders are given on the control socket').waitFor()
    expect(await page.locator('[data-order]').count()).toBe(0)
    expect(errors).toEqual([])
    await page.context().close()
  })

  it.each([
    ['on a desk', { colorScheme: 'light' }],
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
  ])('can be read by everybody %s, and nobody scrolls sideways', async (_where, options) => {
    const { page } = await open(director!, OPERATOR, { ...options, reducedMotion: 'reduce' })
    await page.locator('.card').nth(2).waitFor()
    for (const part of ['#actors-part', '#trace-part', '#client-list']) await page.locator(`${part} > summary`).click()
    await page.locator('#actors tbody tr').nth(5).waitFor()
    await page.locator('#trace tbody tr').first().waitFor()
    await page.locator('#trace-pause').click()
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    expect(await accessibilityFindings(page)).toEqual([])
    await page.context().close()
  })

  it('drains a node by a button, after a question, and shows it drained; the log says who did', async () => {
    const { page } = await open(director!, OPERATOR)
    const card = page.locator('.card', { hasText: 'node2' })
    await card.getByRole('button', { name: 'Drain' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.textContent()).toContain('node2 gets no new connection from now on')
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await dialog.getByText('node2 is drained.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await card.getByText('drained', { exact: true }).waitFor()
    expect(director!.namespace.recent.join('\n')).toContain(
      'order: drain 10.88.0.13, given, by operator token 2 from 10.88.1.1',
    )
    await card.getByRole('button', { name: 'End drain' }).click()
    await dialog.getByRole('button', { name: 'End drain' }).click()
    await dialog.getByText('takes new connections again').waitFor()
    await page.context().close()
  })

  it('says where a client goes, assigns it to a node, and takes that back', async () => {
    const { page } = await open(director!, OPERATOR)
    const dialog = page.getByRole('dialog')
    const give = async (order: string) => {
      await page.locator('#route').getByRole('button', { name: order }).click()
      await dialog.getByRole('button', { name: order }).click()
      await dialog.getByRole('button', { name: 'Close' }).click()
    }
    await page.fill('#client', CLIENTS[7]!)
    await page.click('#search button')
    await page.selectOption('#assign-to', next!.address)
    await give('Assign')
    await page.locator('#route').getByText('an operator has assigned it').waitFor()
    expect(await page.locator('#route').textContent()).toContain('goes tonode1')
    await give('Take back')
    await page
      .locator('#route')
      .getByText(/slot \d+ is that node/)
      .waitFor()
    await page.context().close()
  })

  it('shows the messages between actors, those of one actor and type where that is wanted', async () => {
    const { page } = await open(director!, OPERATOR)
    await page.locator('#trace-part > summary').click()
    const column = (at: number) => page.locator(`#trace tbody td:nth-child(${at})`).allInnerTexts()
    await until(async () => new Set(await column(4)).size > 2, PATIENCE_MS, 'messages of several types')
    await page.selectOption('#trace-actor', 'discovery')
    await page.fill('#trace-type', 'load')
    await until(async () => (await column(4)).length > 0, PATIENCE_MS, 'a message of that type')
    expect(new Set(await column(4))).toEqual(new Set(['load']))
    const [from, to] = [await column(2), await column(3)]
    expect(from.every((actor, row) => actor === 'discovery' || to[row] === 'discovery')).toBe(true)
    expect(await page.locator('#trace-count').textContent()).toMatch(/^\d+ of the last 500 messages, \d+ dropped$/)
    await page.context().close()
  })

  it('says who leads within a second of what a survivor knows when the director dies, and a dead one claims nothing', {
    timeout: 4 * PATIENCE_MS,
  }, async () => {
    const [survivor, dead] = [await open(next!, VIEWER), await open(director!, VIEWER)]
    const { page: hidden } = await open(next!, VIEWER)
    await reads(hidden, /node0 leads/)
    await hidden.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    await reads(survivor.page, /node0 leads/)
    await reads(dead.page, /node0 leads/)
    await director!.stopGateway('SIGKILL')
    const leads = async () => (await next!.status())?.role === 'director'
    const known = until(leads, PATIENCE_MS, 'node1 to lead', 20).then(() => performance.now())
    const shown = reads(survivor.page, /node1 leads/).then(() => performance.now())
    expect((await shown) - (await known)).toBeLessThan(1000)
    // Nobody sees this one: its tab says it all the same.
    await until(async () => /node1 leads/.test(await hidden.title()), PATIENCE_MS, 'the title of a background tab')
    expect(await words(hidden)).toContain('node0 leads')
    await reads(dead.page, /node0 does not answer/)
    expect(await dead.page.title()).toBe('? node0 does not answer')
    expect(await dead.page.locator('.card .leads').count()).toBe(0)
    expect(await accessibilityFindings(dead.page)).toEqual([])

    // It is started again, and the page goes on by itself.
    director!.startGateway()
    await reads(dead.page, /node[01] leads/)
    expect([...survivor.errors, ...dead.errors]).toEqual([])
  })
})
