/**
 * program.ts MODE KEY VRID MEMBERS: so many simulated nodes on one host, each with an interface, a MAC and an address of its own. It runs until it
 * is killed.
 */
import { randomBytes } from 'node:crypto'
import { READABLE } from '../../../runtime/ports/sockets/epoll.ts'
import { linuxStreamSockets } from '../../../runtime/ports/sockets/linux/epoll.ts'
import * as libc from '../../../runtime/ports/sockets/linux/libc.ts'
import { parseIpv4 } from '../../../runtime/wire/addresses.ts'
import { BEACON_PROTOCOL } from '../../../runtime/wire/beacon/beacon.ts'
import { emitIpv4Packet, ON_LINK_TTL, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import type { Mode } from '../../group/network.ts'
import { memberPlan } from '../network.ts'
import { type Saying, Swarm } from './member.ts'

const PACKET_MAX = 2048
/** As a node says it again when slots have moved. */
const AGAIN_AFTER_MS = 1000
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

const [mode = '', key = '', virtualRouterId = '', count = ''] = process.argv.slice(2)
const plans = Array.from({ length: Number(count) }, (_, index) => memberPlan(index))
const epochs = plans.map(() => randomBytes(8).toString('hex'))
const swarm = new Swarm({ mode: mode as Mode, key, virtualRouterId: Number(virtualRouterId) }, plans, epochs)
const sockets = linuxStreamSockets()
const queue = sockets.createQueue()
const packet = sockets.allocate(PACKET_MAX)

/** Bound to its interface, so that what it sends has that one's MAC. */
function rawSocket(device: string, protocol: number): number {
  const fd = libc.socket(libc.AF_INET, libc.SOCK_RAW | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC, protocol)
  const name = Buffer.from(`${device}\0`)
  const bound = fd < 0 ? fd : libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_BINDTODEVICE, name, name.length)
  if (bound < 0) throw new Error(libc.lastFailure(`raw socket on ${device}`).reason)
  libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_BROADCAST, libc.intOption(1), 4)
  libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_RCVBUFFORCE, libc.intOption(RECEIVE_BUFFER_BYTES), 4)
  return fd
}

const receivers = plans.map(({ device }) => rawSocket(device, BEACON_PROTOCOL))
const senders = plans.map(({ device }) => rawSocket(device, libc.IPPROTO_RAW))
for (const [index, fd] of receivers.entries()) sockets.watch(queue, fd, READABLE, index, 0)

function send({ member, destination, payload }: Saying): void {
  const source = plans[member]!.address
  const bytes = emitIpv4Packet({ source, destination, protocol: BEACON_PROTOCOL, ttl: ON_LINK_TTL, payload })
  const word = Buffer.alloc(4)
  word.writeUInt32BE(parseIpv4(destination) ?? 0)
  const to = libc.sockaddrIpv4(word, 0)
  // What a full queue refuses is lost, as on a wire: it is said again with the next hello.
  libc.sendto(senders[member]!, bytes, bytes.length, 0, to, to.length)
}

let again: NodeJS.Timeout | undefined

function sayClients(): void {
  for (const saying of swarm.sayClients()) send(saying)
}

function receive(member: number): void {
  for (;;) {
    const length = sockets.recv(receivers[member]!, packet, PACKET_MAX)
    if (length <= 0) return
    const parsed = parseIpv4Packet(packet.bytes.slice(0, length))
    if (!parsed.ok || parsed.packet.ttl !== ON_LINK_TTL) continue
    const before = swarm.generation
    const { source, destination, payload } = parsed.packet
    for (const saying of swarm.hear(member, source, destination, payload)) send(saying)
    if (swarm.generation === before) continue
    sayClients()
    clearTimeout(again)
    again = setTimeout(sayClients, AGAIN_AFTER_MS)
  }
}

/** Blocks a tick at most, so that timers have their turn. */
function turn(): void {
  const ready = sockets.wait(queue, 20)
  for (let index = 0; index < ready; index++) receive(sockets.eventTag(index))
  setImmediate(turn)
}
turn()
