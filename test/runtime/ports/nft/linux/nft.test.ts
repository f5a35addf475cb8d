import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLinuxNft, readRuleset } from '../../../../../runtime/ports/nft/linux/nft.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nft-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A program in the place of nft. */
function program(name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

test('where nft is not installed, the refusal says how to install it', async () => {
  const nft = createLinuxNft(join(folder, 'missing'))
  expect(await nft.apply('')).toMatchObject({
    ok: false,
    code: 'ENOENT',
    reason: expect.stringContaining('apt install nftables'),
  })
})

test('a script that nft does not take is refused with what it complained about, in bounds', async () => {
  const nft = createLinuxNft(program('complains', 'cat > /dev/null; yes syntax error | head -c 100000 >&2; exit 1'))
  const outcome = await nft.apply('nonsense')
  expect(outcome).toMatchObject({ ok: false, code: 'EREJECTED', reason: expect.stringContaining('syntax error') })
  expect(!outcome.ok && outcome.reason.length).toBeLessThan(1200)
})

test('without the permission the refusal names the capability', async () => {
  const nft = createLinuxNft(program('forbidden', 'echo "Error: Operation not permitted" >&2; exit 1'))
  expect(await nft.apply('x'.repeat(1_000_000))).toMatchObject({
    ok: false,
    code: 'EPERM',
    reason: expect.stringContaining('CAP_NET_ADMIN'),
  })
})

test('an nft that hangs is ended after five seconds', async () => {
  const nft = createLinuxNft(program('hangs', 'exec sleep 60'))
  expect(await nft.apply('')).toMatchObject({ ok: false, code: 'ETIMEDOUT' })
}, 15_000)

test('the script arrives whole on stdin', async () => {
  const copy = join(folder, 'copy')
  const nft = createLinuxNft(program('copies', `[ "$1 $2" = "-f -" ] && cat > ${copy}; wc -c < ${copy} >&2; exit 1`))
  expect(await nft.apply('x'.repeat(300_000))).toMatchObject({ reason: expect.stringContaining('300000') })
})

test('whoever asks for the tables of others does not have ours read, which may have millions of elements', async () => {
  const script = `case "$*" in
    'list tables') printf 'table netdev proxyha\ntable ip filter\n' ;;
    '-s -t list table ip filter') echo 'table ip filter {}' ;;
    *) echo "asked for $*" >&2; exit 1 ;;
  esac`
  expect(await readRuleset('proxyha', program('lists', script))).toEqual({
    ok: true,
    value: 'table netdev proxyha {\n}\ntable ip filter {}\n',
  })
})
