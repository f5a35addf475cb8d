import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CapturedCli } from '../../runtime/cli/captured-cli.ts'
import { bytesOf, type FuzzTarget, holds } from '../target.ts'
import { config } from './config.ts'
import { texts, words } from './yaml-samples.ts'

const place = mkdtempSync(join(tmpdir(), 'proxyha-fuzz-'))
const path = join(place, 'gateway.yaml')

/** The command, on files of any bytes: 0, or 1 with a line for each mistake. */
export const checkConfig: FuzzTarget = {
  name: 'check-config',
  mostBytes: 8192,
  boundMs: 1000,
  seeds: [
    ...texts.filter((text) => text.length < 8192).map(bytesOf),
    Buffer.from([0xff, 0xfe, 0x41, 0x00]),
    Buffer.alloc(0),
  ],
  words,
  mutate: config.mutate!,
  async run(input) {
    writeFileSync(path, input)
    const { code, stdout, stderr } = await new CapturedCli().output('check-config', '--offline', '-c', path)
    holds(code === 0 || code === 1, 'a command ends with 0 or 1')
    const lines = stderr.split('\n')
    holds(code === 0 ? stderr === '' && stdout !== '' : lines.length >= 3, 'what is refused has a heading and a line')
    holds(!/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u.test(stderr), 'nothing that is told moves a cursor')
    return `${code} ${Math.min(lines.length, 5)}`
  },
  close: async () => rmSync(place, { recursive: true }),
}
