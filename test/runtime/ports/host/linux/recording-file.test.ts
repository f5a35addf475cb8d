import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linuxRecordingFile } from '../../../../../runtime/ports/host/linux/recording-file.ts'
import { FORMER_FILES, recordingName } from '../../../../../runtime/ports/host/recording-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recording-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const isDone = (call: (done: (error: NodeJS.ErrnoException | null) => void) => void): Promise<string | null> =>
  new Promise((resolve) => call((error) => resolve(error === null ? null : (error.code ?? error.message))))
const textOf = (nth: number): string => readFileSync(join(folder, recordingName('elector', nth)), 'utf8')

test('the newest file is written, a few that were full are kept, and only their owner reads them', async () => {
  const file = linuxRecordingFile(folder, 'elector')
  for (let nth = 0; nth < FORMER_FILES + 3; nth++) {
    expect(await isDone((done) => file.begin(done))).toBeNull()
    expect(await isDone((done) => file.append(Buffer.from(`${nth}`), done))).toBeNull()
    expect(await isDone((done) => file.append(Buffer.from('.'), done))).toBeNull()
  }
  expect(readdirSync(folder)).toHaveLength(FORMER_FILES + 1)
  expect([textOf(0), textOf(1), textOf(2)]).toEqual(['4.', '3.', '2.'])
  expect(statSync(join(folder, recordingName('elector'))).mode & 0o777).toBe(0o600)
})

test('those of a process before are kept as full ones', async () => {
  for (const text of ['first', 'second']) {
    const file = linuxRecordingFile(folder, 'elector')
    await isDone((done) => file.begin(done))
    await isDone((done) => file.append(Buffer.from(text), done))
  }
  expect([textOf(0), textOf(1)]).toEqual(['second', 'first'])
})

test('a folder that has gone, and a place that is taken, are told, and no link is followed', async () => {
  const file = linuxRecordingFile(folder, 'elector')
  expect(await isDone((done) => file.append(Buffer.from('x'), done))).toBe('EBADF')
  mkdirSync(join(folder, recordingName('elector', FORMER_FILES)))
  symlinkSync('/dev/null', join(folder, recordingName('elector', FORMER_FILES - 1)))
  expect(await isDone((done) => file.begin(done))).not.toBeNull()
  const gone = linuxRecordingFile(join(folder, 'gone'), 'elector')
  expect(await isDone((done) => gone.begin(done))).toBe('ENOENT')
})
