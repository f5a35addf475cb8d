import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { linuxDrainMark } from '../../../../../runtime/ports/process/linux/drain-mark.ts'
import { lockInstance } from '../../../../../runtime/ports/process/linux/instance-lock.ts'
import { checkOwnFolder } from '../../../../../runtime/ports/process/linux/own-folder.ts'
import { privately } from '../../../../../runtime/ports/process/linux/umask.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-own-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the folder of the control socket', () => {
  test('of its owner alone is taken, below /tmp too', () => expect(checkOwnFolder(folder).ok).toBe(true))

  test.each([0o777, 0o775])('into which others may write (%o) is refused, with its mode', (mode) => {
    chmodSync(folder, mode)
    const refused = checkOwnFolder(folder)
    expect(refused).toMatchObject({ ok: false, code: 'EACCES' })
    expect(!refused.ok && refused.reason).toContain(mode.toString(8))
    expect(lockInstance(join(folder, 'proxyha.sock')).ok).toBe(false)
    expect(existsSync(join(folder, 'proxyha.sock.lock'))).toBe(false)
  })

  test.runIf(process.geteuid?.() === 0)(
    'in which only the owner of a file may move it is taken, but no file of somebody else’s in it',
    () => {
      chmodSync(folder, 0o1777)
      expect(checkOwnFolder(folder).ok).toBe(true)
      const path = join(folder, 'proxyha.sock')
      writeFileSync(`${path}.lock`, '')
      chownSync(`${path}.lock`, 12_345, 12_345)
      chmodSync(`${path}.lock`, 0o666)
      expect(lockInstance(path)).toMatchObject({ ok: false, code: 'EACCES' })
    },
  )

  test('in one that others could exchange it in is refused', () => {
    const own = join(folder, 'own')
    mkdirSync(own, { mode: 0o700 })
    chmodSync(folder, 0o777)
    expect(checkOwnFolder(own)).toMatchObject({ ok: false, code: 'EACCES' })
    chmodSync(folder, 0o1777)
    expect(checkOwnFolder(own).ok).toBe(true)
  })

  test('that is not there is named', () => {
    expect(checkOwnFolder(join(folder, 'none'))).toMatchObject({ ok: false, code: 'ENOENT' })
  })
})

describe('the lock of an instance', () => {
  test('lets nobody else have the same control socket, and leaves what is there alone', () => {
    const path = join(folder, 'proxyha.sock')
    expect(lockInstance(path)).toMatchObject({ ok: true })
    expect(lockInstance(path)).toMatchObject({ ok: false, code: 'EADDRINUSE' })
  })

  test('is not taken through a link', () => {
    const other = join(folder, 'other')
    writeFileSync(other, 'kept')
    symlinkSync(other, join(folder, 'proxyha.sock.lock'))
    expect(lockInstance(join(folder, 'proxyha.sock'))).toMatchObject({ ok: false, code: 'ELOOP' })
    expect(readFileSync(other, 'utf8')).toBe('kept')
  })
})

describe('the mark of draining', () => {
  test('is a file; a link is none, and is not written through', () => {
    const mark = join(folder, 'proxyha.sock.draining')
    const other = join(folder, 'other')
    writeFileSync(other, 'kept')
    symlinkSync(other, mark)
    expect(linuxDrainMark.isSet(mark)).toBe(false)
    expect(linuxDrainMark.set(mark, true)).toMatchObject({ ok: false })
    expect(readFileSync(other, 'utf8')).toBe('kept')
    expect(linuxDrainMark.set(mark, false).ok).toBe(true)
    expect(existsSync(other)).toBe(true)
    expect(linuxDrainMark.set(mark, true).ok).toBe(true)
    expect(linuxDrainMark.set(mark, true).ok).toBe(true)
    expect(linuxDrainMark.isSet(mark)).toBe(true)
  })
})

test('what is made privately is its owner’s alone, whatever the umask', () => {
  const file = join(folder, 'private')
  privately(() => writeFileSync(file, ''))
  expect(statSync(file).mode & 0o777).toBe(0o600)
})
