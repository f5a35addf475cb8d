import { type ExecFileException, execFile } from 'node:child_process'
import type { Nft } from '../nft.ts'
import { done, type Refusal, type Result, refused } from '../result.ts'
import { NETLINK_NETFILTER } from './libc.ts'
import { NetlinkSocket } from './netlink-socket.ts'
import {
  encodeGetCounter,
  encodeGetGeneration,
  encodeGetSet,
  NFT_MSG_GETGEN,
  NFT_MSG_GETOBJ,
  NFT_MSG_GETSET,
  NFT_MSG_NEWGEN,
  NFT_MSG_NEWOBJ,
  NFT_MSG_NEWSET,
  parseCounter,
  parseElementCount,
  parseGeneration,
} from './nftables-messages.ts'

const TIMEOUT_MS = 5000
/** Output beyond this ends the program: a listing of a gateway's own table is far smaller. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024
/** How much of what nft complained about goes into a reason. */
const COMPLAINT_CHARACTERS_MAX = 1000

/** What one run of nft came to. */
type Outcome = { readonly ok: true; readonly stdout: string } | Refusal

/**
 * The `nft` program. Refusals: `ENOENT` (not installed), `EPERM`, `ETIMEDOUT` (ended after 5 s), `EREJECTED` (nft did not
 * take the script: nothing of it was applied). Listings reject only where nft cannot tell: not installed, not
 * permitted, timed out.
 */
export function createLinuxNft(program = 'nft'): Nft {
  const script = async (parameters: readonly string[], text: string) => {
    const outcome = await run(program, parameters, text)
    return outcome.ok ? done : outcome
  }
  return {
    apply: (text) => script(['-f', '-'], text),
    check: (text) => script(['-c', '-f', '-'], text),
    listTable: (family, table) => list(program, ['list', 'table', family, table]),
    outlineTable: (family, table) => list(program, ['-s', '-t', 'list', 'table', family, table]),
    listMap: (family, table, map) => list(program, ['-j', 'list', 'map', family, table, map]),
    generation: () => ask(NFT_MSG_GETGEN, encodeGetGeneration(), NFT_MSG_NEWGEN, parseGeneration),
    elementCount: (family, table, set) =>
      ask(NFT_MSG_GETSET, encodeGetSet(family, table, set), NFT_MSG_NEWSET, parseElementCount),
    packetCount: (family, table, counter) =>
      ask(NFT_MSG_GETOBJ, encodeGetCounter(family, table, counter), NFT_MSG_NEWOBJ, parseCounter),
  }
}

/** All tables of this network namespace as nft prints them, without elements and counters. Refusals as above. */
export async function readRuleset(program = 'nft'): Promise<Result<string>> {
  const outcome = await run(program, ['-s', '-t', 'list', 'ruleset'], '')
  return outcome.ok ? { ok: true, value: outcome.stdout } : outcome
}

async function list(program: string, parameters: readonly string[]): Promise<string | undefined> {
  const outcome = await run(program, parameters, '')
  if (outcome.ok) return outcome.stdout
  if (outcome.code === 'EREJECTED' && outcome.reason.includes('No such file or directory')) return undefined
  throw Object.assign(new Error(outcome.reason), { code: outcome.code })
}

/** One question to the kernel, and what the answer of that type says. */
function ask<Value>(
  question: number,
  payload: Buffer,
  answer: number,
  parse: (payload: Buffer) => Value | undefined,
): Result<Value> {
  const socket = NetlinkSocket.open(NETLINK_NETFILTER)
  if (!socket.ok) return socket
  const read = socket.value.request(question, 0, payload, ({ type, payload }) =>
    type === answer ? parse(payload) : undefined,
  )
  socket.value.close()
  if (!read.ok) return read
  const [value] = read.value
  return value === undefined
    ? refused('EBADMSG', 'nftables: the kernel gave no answer that can be read')
    : { ok: true, value }
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
