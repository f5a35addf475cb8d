import { type ExecFileException, execFile } from 'node:child_process'
import { NetlinkSocket } from '../../netlink/linux/netlink-socket.ts'
import { done, type Refusal, type Result, refused } from '../../result.ts'
import { NETLINK_NETFILTER } from '../../sockets/linux/libc.ts'
import type { Nft, NftElement, NftFamily } from '../nft.ts'
import { eachElement, encodeGetElements, NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM } from './nftables-elements.ts'
import {
  encodeGetCounter,
  encodeGetGeneration,
  encodeSetName,
  NFT_MSG_GETGEN,
  NFT_MSG_GETOBJ,
  NFT_MSG_GETSET,
  NFT_MSG_NEWGEN,
  NFT_MSG_NEWOBJ,
  NFT_MSG_NEWSET,
  parseCounter,
  parseElementCount,
  parseGeneration,
  parseSetShape,
} from './nftables-messages.ts'
import { readOutline } from './nftables-outline.ts'

const TIMEOUT_MS = 5000
/** More for a long script: so many characters a millisecond at least. */
const SCRIPT_CHARACTERS_PER_MS = 200
/** For the end of a program that was killed. */
const KILL_PATIENCE_MS = 500
/** Output beyond this ends the program. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024
/** Tables of others that are looked at. */
const TABLES_MAX = 64
/** How much of what nft complained about goes into a reason. */
const COMPLAINT_CHARACTERS_MAX = 1000

/** What one run of nft came to. */
type Outcome = { readonly ok: true; readonly stdout: string } | Refusal

/**
 * The `nft` program. Refusals: `ENOENT` (not installed), `EPERM`, `ETIMEDOUT` (ended after 5 s, and 5 s more for each megabyte of a script), `EREJECTED` (nft did not
 * take the script: nothing of it was applied). What is only looked at, the kernel is asked for itself.
 */
export function createLinuxNft(program = 'nft'): Nft {
  const script = async (parameters: readonly string[], text: string) => {
    const outcome = await run(program, parameters, text)
    return outcome.ok ? done : outcome
  }
  return {
    apply: (text) => script(['-f', '-'], text),
    check: (text) => script(['-c', '-f', '-'], text),
    outlineTable: (family, table) => {
      const socket = NetlinkSocket.open(NETLINK_NETFILTER)
      if (!socket.ok) return socket
      const read = readOutline(socket.value, family, table)
      socket.value.close()
      return read
    },
    eachElement: readElements,
    element: (family, table, set, key) => {
      const question = encodeGetElements(family, table, set, key)
      const found = ask(NFT_MSG_GETSETELEM, question, NFT_MSG_NEWSETELEM, firstElement)
      return !found.ok && found.code === 'ENOENT' ? { ok: true, value: null } : found
    },
    setShape: (family, table, set) =>
      ask(NFT_MSG_GETSET, encodeSetName(family, table, set), NFT_MSG_NEWSET, parseSetShape),
    generation: () => ask(NFT_MSG_GETGEN, encodeGetGeneration(), NFT_MSG_NEWGEN, parseGeneration),
    elementCount: (family, table, set) =>
      ask(NFT_MSG_GETSET, encodeSetName(family, table, set), NFT_MSG_NEWSET, parseElementCount),
    counter: (family, table, counter) =>
      ask(NFT_MSG_GETOBJ, encodeGetCounter(family, table, counter), NFT_MSG_NEWOBJ, parseCounter),
  }
}

/**
 * The tables of this network namespace as nft prints them, without elements and counters; of those of that name only the first and the last
 * line, since nft would read all of their elements. Refusals as above.
 */
export async function readRuleset(unread: string, program = 'nft'): Promise<Result<string>> {
  const tables = await run(program, ['list', 'tables'], '')
  if (!tables.ok) return tables
  const named = [...tables.stdout.matchAll(/^table (\S+) (\S+)$/gm)]
  const texts = named.flatMap(([, family, name]) => (name === unread ? [`table ${family} ${name} {\n}\n`] : []))
  const others = named.filter(([, , name]) => name !== unread)
  for (const [, family = '', name = ''] of others.slice(0, TABLES_MAX)) {
    const listing = await run(program, ['-s', '-t', 'list', 'table', family, name], '')
    // It has gone meanwhile, or is longer than anybody reads.
    if (listing.ok) texts.push(listing.stdout)
  }
  return { ok: true, value: texts.join('') }
}

async function readElements(
  family: NftFamily,
  table: string,
  set: string,
  take: (element: NftElement) => boolean,
): Promise<Result> {
  const socket = NetlinkSocket.open(NETLINK_NETFILTER)
  if (!socket.ok) return socket
  try {
    return await socket.value.dumpInTurns(NFT_MSG_GETSETELEM, encodeGetElements(family, table, set), (message) =>
      message.type === NFT_MSG_NEWSETELEM ? eachElement(message.payload, take) : true,
    )
  } finally {
    socket.value.close()
  }
}

/** A copy: the buffer is used again. */
function firstElement(payload: Buffer): NftElement | undefined {
  let first: NftElement | undefined
  eachElement(payload, ({ key, data, ...others }) => {
    first = { key: Buffer.from(key), data: Buffer.from(data), ...others }
    return false
  })
  return first
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
  const timeoutMs = TIMEOUT_MS + Math.ceil(input.length / SCRIPT_CHARACTERS_PER_MS)
  const options = {
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    // Ordinary users have no sbin on their PATH, but may hold CAP_NET_ADMIN in a user namespace.
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  } as const
  return new Promise((resolve) => {
    // execFile waits for the end of what it has killed: that of a program which hangs in the kernel never comes.
    const late = setTimeout(() => resolve(timedOut(program, timeoutMs)), timeoutMs + KILL_PATIENCE_MS)
    const child = execFile(program, parameters, options, (error, stdout, stderr) => {
      clearTimeout(late)
      resolve(error ? refusalOf(program, error, stderr, timeoutMs) : { ok: true, stdout })
    })
    // The program may end before it has read everything; its exit says why.
    child.stdin?.on('error', () => undefined).end(input)
  })
}

const timedOut = (program: string, timeoutMs: number): Refusal =>
  refused('ETIMEDOUT', `${program} did not end within ${timeoutMs} ms`)

function refusalOf(program: string, error: ExecFileException, stderr: string, timeoutMs: number): Refusal {
  const complaint = stderr.trim().slice(0, COMPLAINT_CHARACTERS_MAX)
  if (error.code === 'ENOENT') {
    return refused('ENOENT', `${program} is not installed: install the package nftables (apt install nftables)`)
  }
  if (error.killed && typeof error.code !== 'string') {
    return timedOut(program, timeoutMs)
  }
  if (typeof error.code === 'string') return refused(error.code, `${program}: ${error.message}`)
  if (complaint.includes('Operation not permitted')) {
    return refused('EPERM', `${program}: not permitted; it needs CAP_NET_ADMIN: run as root or grant it`)
  }
  return refused('EREJECTED', `${program}: ${complaint || error.message}`)
}
