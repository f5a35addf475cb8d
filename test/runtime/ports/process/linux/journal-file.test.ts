import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linuxJournalFile as file } from '../../../../../runtime/ports/process/linux/journal-file.ts'
import { done } from '../../../../../runtime/ports/result.ts'
import { asOrdinaryUser } from '../../../../ordinary-user.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-journal-'))
  path = join(folder, 'timeline')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a file that is not there is empty; it is made with the first line, for its owner alone', async () => {
  expect(await file.read(path, 100)).toEqual({ ok: true, value: '' })
  expect(await file.append(path, 'one\n')).toEqual(done)
  expect(await file.append(path, 'two\n')).toEqual(done)
  expect(await file.read(path, 100)).toEqual({ ok: true, value: 'one\ntwo\n' })
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('of a long file the last bytes are read', async () => {
  writeFileSync(path, '0123456789')
  expect(await file.read(path, 4)).toEqual({ ok: true, value: '6789' })
})

test('made anew it has the new text alone, and nothing is left beside it', async () => {
  writeFileSync(path, 'old')
  writeFileSync(`${path}.new`, 'of an attempt that a loss of power has ended')
  expect(await file.replace(path, 'new')).toEqual(done)
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(await file.read(`${path}.new`, 100)).toEqual({ ok: true, value: '' })
})

test('nothing is written through a link, or into what is no file', async () => {
  const precious = join(folder, 'precious')
  writeFileSync(precious, 'precious')
  symlinkSync(precious, path)
  expect(await file.append(path, 'x')).toMatchObject({ ok: false, code: 'ELOOP' })
  expect(await file.read(path, 100)).toMatchObject({ ok: false, code: 'ELOOP' })
  symlinkSync(precious, `${path}.new`)
  expect(await file.replace(path, 'x')).toMatchObject({ ok: false, code: 'ELOOP' })
  expect(readFileSync(precious, 'utf8')).toBe('precious')
  mkdirSync(join(folder, 'folder'))
  expect(await file.read(join(folder, 'folder'), 100)).toMatchObject({ ok: false })
})

test('a folder that may not be written to is a refusal', async () => {
  chmodSync(folder, 0o555)
  await asOrdinaryUser(async () => {
    expect(await file.append(path, 'x')).toMatchObject({ ok: false, code: 'EACCES' })
  })
})
