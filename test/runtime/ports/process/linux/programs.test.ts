import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { until } from '../../../../../runtime/lab/testbed/until.ts'
import { openLinuxPrograms } from '../../../../../runtime/ports/process/linux/programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'proxyha-programs-'))
const programs = openLinuxPrograms()
afterAll(() => {
  programs.close()
  rmSync(folder, { recursive: true })
})

const sh = (script: string, timeoutMs = 20_000, input = '') =>
  programs.run(script, { command: ['/bin/sh', '-c', script], input, timeoutMs })
const isAlive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(statusOf(pid))
const statusOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

describe('a program', () => {
  test('that ends with 0 is well, and its last line is told', async () => {
    expect(await sh('echo one; echo two; echo')).toEqual({ problem: null, lastLine: 'two' })
    expect(await sh('true')).toEqual({ problem: null, lastLine: null })
  })

  test('that ends otherwise is not, with what it said last, on stderr as well', async () => {
    expect(await sh('echo no disk >&2; exit 3')).toEqual({ problem: 'ended with 3', lastLine: 'no disk' })
    expect(await sh('kill -TERM $$')).toEqual({ problem: 'was ended by SIGTERM', lastLine: null })
  })

  test('reads its input, or does not', async () => {
    expect(await sh('cat', 20_000, '{"event":"director"}\n')).toEqual({
      problem: null,
      lastLine: '{"event":"director"}',
    })
    expect(await sh('exec <&-; echo done', 20_000, 'x'.repeat(1_000_000))).toEqual({ problem: null, lastLine: 'done' })
  })

  test('begins with the signals of a new program, in a session of its own, and with no file but its own three', async () => {
    const signals = `$(grep -c '^Sig\\(Blk\\|Ign\\):\\s*0*$' /proc/self/status)`
    const { lastLine } = await sh(`echo ${signals} $(cut -d' ' -f6 /proc/$$/stat) $$`)
    const [clear, session, pid] = (lastLine ?? '').split(' ').map(Number)
    expect([clear, session]).toEqual([2, pid])
    // The fourth is that of the folder.
    const ls = { command: ['/bin/ls', '/proc/self/fd'], input: '', timeoutMs: 20_000 }
    expect((await programs.run('ls', ls)).lastLine).toBe('3')
  })

  test('that has ended leaves nothing behind: no zombie, no open file', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => sh(`exit ${n}`)))
    const open = readdirSync('/proc/self/fd').length
    for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, (_, n) => sh(`exit ${n}`)))
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(open + 2)
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
    expect(children.filter((pid) => /^State:\s+Z/m.test(statusOf(Number(pid))))).toEqual([])
  })

  test('gets its arguments as they are: no shell looks at them', async () => {
    const command = ['/usr/bin/printf', '%s|%s\n', '$HOME; exit 1', '* "']
    expect(await programs.run('words', { command, input: '', timeoutMs: 20_000 })).toEqual({
      problem: null,
      lastLine: '$HOME; exit 1|* "',
    })
  })

  test('that prints without end is read to its end, and 200 characters are kept', async () => {
    const { problem, lastLine } = await sh('head -c 3000000 /dev/zero | tr "\\0" x; exit 1')
    expect([problem, lastLine]).toEqual(['ended with 1', 'x'.repeat(200)])
  })

  test('that is not there, or may not be run, is told', async () => {
    const file = join(folder, 'plain')
    writeFileSync(file, '#!/bin/sh\n')
    const run = (path: string) => programs.run(path, { command: [path], input: '', timeoutMs: 20_000 })
    expect((await run(join(folder, 'none'))).problem).toMatch(/^is not there/)
    expect((await run(file)).problem).toBe('may not be executed')
    const text = join(folder, 'text')
    writeFileSync(text, 'echo no first line\n')
    chmodSync(text, 0o755)
    expect((await run(text)).problem).toBe('is no program: a script needs a first line such as #!/bin/sh')
    expect((await run(`${folder}/a\0b`)).problem).toMatch(/^cannot be run: /)
  })

  test('that hangs is killed at the end of its time, with all that it has started', async () => {
    const file = join(folder, 'pids')
    const hanging = sh(`trap "" TERM; sleep 1000 & echo $$ $! > ${file}; echo waiting; wait`, 1500)
    expect(await hanging).toEqual({ problem: 'was killed, since it took longer than 1500 ms', lastLine: 'waiting' })
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
    expect(pids).toHaveLength(2)
    await until(() => !pids.some(isAlive), 10_000, 'the end of both')
  })

  test('that leaves another behind, which holds its output open, has ended', async () => {
    const file = join(folder, 'left')
    expect(await sh(`setsid sleep 1000 & echo $! > ${file}; echo over`)).toEqual({ problem: null, lastLine: 'over' })
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
  })

  test('is not run twice at a time under one name', async () => {
    const fifo = join(folder, 'fifo')
    const first = sh(`mkfifo ${fifo}; cat ${fifo}`)
    expect(await sh(`mkfifo ${fifo}; cat ${fifo}`)).toMatchObject({ problem: expect.stringContaining('still there') })
    await until(() => existsSync(fifo), 10_000, 'the first run')
    writeFileSync(fifo, 'go on\n')
    expect(await first).toEqual({ problem: null, lastLine: 'go on' })
  })

  test('is ended by a close', async () => {
    const others = openLinuxPrograms()
    const running = others.run('one', { command: ['/bin/sleep', '1000'], input: '', timeoutMs: 20_000 })
    others.close()
    expect(await running).toEqual({ problem: 'was ended by SIGKILL', lastLine: null })
  })
})

describe.skipIf(process.getuid?.() !== 0)('what root runs (needs root)', () => {
  const made = (name: string, mode: number) => {
    const file = join(folder, name)
    writeFileSync(file, '#!/bin/sh\n')
    chmodSync(file, mode)
    return file
  }

  test('is fine where only root may write it', () => {
    expect(programs.weaknessOf('/bin/sh')).toBeNull()
    expect(programs.weaknessOf(made('good', 0o755))).toBeNull()
  })

  test('is weak where others may write it, or own it, or a directory above it', () => {
    const open = made('open', 0o757)
    expect(programs.weaknessOf(open)).toBe(`${open} is run by root, and others may write ${open}: chmod go-w ${open}`)
    const given = made('given', 0o755)
    chownSync(given, 1000, 1000)
    expect(programs.weaknessOf(given)).toBe(
      `${given} is run by root, and ${given} belongs to the user 1000: chown root ${given}`,
    )
    mkdirSync(join(folder, 'shared'))
    chmodSync(join(folder, 'shared'), 0o777)
    const within = made('shared/within', 0o755)
    expect(programs.weaknessOf(within)).toContain(`others may write ${join(folder, 'shared')}`)
  })

  test('is told of where it is not there, or no program', () => {
    const none = join(folder, 'none')
    expect(programs.weaknessOf(none)).toBe(`${none} is not there`)
    expect(programs.weaknessOf(folder)).toBe(`${folder} is no file that can be run`)
    const plain = made('not-executable', 0o644)
    expect(programs.weaknessOf(plain)).toBe(`${plain} may not be executed`)
  })
})
