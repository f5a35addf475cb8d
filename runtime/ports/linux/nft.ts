import { type ExecFileException, execFile } from 'node:child_process'
import type { Nft } from '../nft.ts'
import { done, type Refusal, refused } from '../result.ts'

const TIMEOUT_MS = 5000
/** Output beyond this ends the program: a listing of a gateway's own table is far smaller. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024
/** How much of what nft complained about goes into a reason. */
const COMPLAINT_CHARACTERS_MAX = 1000

/** What one run of nft came to. */
type Outcome = { readonly ok: true; readonly stdout: string } | Refusal

/**
 * The `nft` program. Refusals: `ENOENT` (not installed), `EPERM`, `ETIMEDOUT` (ended after 5 s), `EREJECTED` (nft did not
 * take the script: nothing of it was applied). `listTable` rejects only where nft cannot tell: not installed, not
 * permitted, timed out.
 */
export function createLinuxNft(program = 'nft'): Nft {
  return {
    async apply(script) {
      const outcome = await run(program, ['-f', '-'], script)
      return outcome.ok ? done : outcome
    },
    async listTable(family, table) {
      const outcome = await run(program, ['list', 'table', family, table], '')
      if (outcome.ok) return outcome.stdout
      if (outcome.code === 'EREJECTED' && outcome.reason.includes('No such file or directory')) return undefined
      throw Object.assign(new Error(outcome.reason), { code: outcome.code })
    },
  }
}

function run(program: string, parameters: readonly string[], input: string): Promise<Outcome> {
  const options = {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    // Ordinary users have no sbin on their PATH, but may hold CAP_NET_ADMIN in a user namespace.
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  } as const
  return new Promise((resolve) => {
    const child = execFile(program, parameters, options, (error, stdout, stderr) =>
      resolve(error ? refusalOf(program, error, stderr) : { ok: true, stdout }),
    )
    // The program may end before it has read everything; its exit says why.
    child.stdin?.on('error', () => undefined).end(input)
  })
}

function refusalOf(program: string, error: ExecFileException, stderr: string): Refusal {
  const complaint = stderr.trim().slice(0, COMPLAINT_CHARACTERS_MAX)
  if (error.code === 'ENOENT') {
    return refused('ENOENT', `${program} is not installed: install the package nftables (apt install nftables)`)
  }
  if (error.killed && typeof error.code !== 'string') {
    return refused('ETIMEDOUT', `${program} did not end within ${TIMEOUT_MS} ms`)
  }
  if (typeof error.code === 'string') return refused(error.code, `${program}: ${error.message}`)
  if (complaint.includes('Operation not permitted')) {
    return refused('EPERM', `${program}: not permitted; it needs CAP_NET_ADMIN: run as root or grant it`)
  }
  return refused('EREJECTED', `${program}: ${complaint || error.message}`)
}
