import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseMac } from '../../../wire/addresses.ts'
import { emitArpRequest } from '../../../wire/arp.ts'
import { parseIpv4Packet } from '../../../wire/ipv4.ts'
import { parseAdvertisement, VRRP_PROTOCOL } from '../../../wire/vrrp.ts'
import { ARP, NeighbourSocket } from '../../netlink/linux/neighbour-socket.ts'
import { openLinuxNetlink } from '../../netlink/linux/netlink.ts'
import { openLinuxPacketPort } from '../../raw-ip/linux/packet.ts'
import { createLinuxRawIpPort } from '../../raw-ip/linux/raw-ip.ts'
import { done, type Result, refused } from '../../result.ts'
import { listeningProcesses } from '../../sockets/linux/listening-programs.ts'
import type { HeardRouter, HostSurvey } from '../host-survey.ts'
import { parseRoutes, textOf } from './host-files.ts'

const ROUTERS_MAX = 256
/** An ARP probe is sent from here (RFC 5227 §2.1.1): nobody's neighbour table changes by it. */
const NOBODY = '0.0.0.0'
/** One of the questions may be lost. */
const QUESTIONS = 3
const LOOK_EVERY_MS = 20
/** Taken in one look; the kernel drops what is beyond its own buffer. */
const FRAMES_A_LOOK = 500

/** This host, in the network namespace of the calling thread, which must be the main one. */
export const linuxHostSurvey: HostSurvey = {
  async interfaces() {
    const netlink = openLinuxNetlink()
    if (!netlink.ok) return netlink
    const found = netlink.value.interfaces()
    netlink.value.close()
    return found
  },
  async routes() {
    return parseRoutes(textOf('/proc/net/route') ?? '')
  },
  async serviceGroup(name) {
    if (process.getuid?.() !== 0) return null
    const line = (textOf('/etc/group') ?? '').split('\n').find((each) => each.startsWith(`${name}:`))
    const id = /^[^:]*:[^:]*:(\d{1,9}):/.exec(line ?? '')?.[1]
    return id === undefined ? null : Number(id)
  },
  async listeningPrograms(ports) {
    const processes = listeningProcesses(ports)
    return new Map(
      Array.from(processes, ([port, pids]) => {
        return [port, [...new Set([...pids].flatMap(programOf))].toSorted()] as const
      }),
    )
  },
  async hearRouters(interfaceName, source, forMs, stop) {
    const heard = new Map<string, HeardRouter>()
    const port = createLinuxRawIpPort()
    const opened = port.open(interfaceName, source, {
      packet: (protocol, packet) => {
        const router = protocol === VRRP_PROTOCOL ? routerOf(packet) : undefined
        if (router === undefined) return
        const key = `${router.virtualRouterId} ${router.source}`
        if (heard.has(key) || heard.size < ROUTERS_MAX) heard.set(key, router)
      },
      error: () => undefined,
    })
    if (!opened.ok) return opened
    await pause(forMs, stop)
    port.close()
    return { ok: true, value: [...heard.values()] }
  },
  async holdersOf(link, addresses, withinMs, stop) {
    if (parseMac(link.mac) === undefined)
      return refused('ENOTSUP', `${link.name} is no Ethernet: ARP is not spoken there`)
    const answers = NeighbourSocket.open(link.index, ARP)
    if (!answers.ok) return answers
    const questions = openLinuxPacketPort()
    if (!questions.ok) {
      answers.value.close()
      return questions
    }
    const ask = (): Result => {
      const frames = addresses.map((address) => emitArpRequest(link.mac, NOBODY, address))
      return frames.map((frame) => questions.value.send(link.index, frame)).find((sent) => !sent.ok) ?? done
    }
    const holders = await collectAnswers(answers.value, addresses, { ask, withinMs, stop })
    questions.value.close()
    answers.value.close()
    return holders
  },
}

/** The name of its file: threads and children call themselves as they like. Empty where that may not be looked at. */
function programOf(pid: number): readonly string[] {
  try {
    return [basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '')]
  } catch {
    return []
  }
}

/** Undefined: no advert of a router. One that is authenticated as RFC 2338 had it is a router's as well. */
function routerOf(packet: Uint8Array): HeardRouter | undefined {
  const parsed = parseIpv4Packet(packet)
  if (!parsed.ok) return undefined
  const { source, destination } = parsed.packet
  const read = parseAdvertisement(parsed.packet, destination)
  const advertisement = read.ok || read.reason === 'auth' ? read.advertisement : undefined
  if (advertisement === undefined) return undefined
  const { version, virtualRouterId, priority, addresses } = advertisement
  return { version, virtualRouterId, priority, source, addresses }
}

async function collectAnswers(
  socket: NeighbourSocket,
  addresses: readonly string[],
  { ask, withinMs, stop }: { ask(): Result; readonly withinMs: number; readonly stop: AbortSignal },
): Promise<Result<ReadonlyMap<string, string>>> {
  const holders = new Map<string, string>()
  const looks = Math.ceil(withinMs / LOOK_EVERY_MS)
  const looksAQuestion = Math.ceil(looks / QUESTIONS)
  for (let look = 0; look < looks && holders.size < addresses.length && !stop.aborted; look++) {
    const asked = look % looksAQuestion === 0 ? ask() : done
    if (!asked.ok) return asked
    await pause(LOOK_EVERY_MS, stop)
    for (let taken = 0; taken < FRAMES_A_LOOK; taken++) {
      const sighting = socket.take()
      if (sighting === undefined) break
      if (sighting !== null && addresses.includes(sighting.senderAddress))
        holders.set(sighting.senderAddress, sighting.senderMac)
    }
  }
  return { ok: true, value: holders }
}

const pause = (ms: number, stop: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal: stop }).catch(() => undefined)
