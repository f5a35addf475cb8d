/**
 * stranger.ts adverts PRIORITY ADDRESS: a VRRP router of the group's VRID that is none of it, for that virtual IP, by eth0. stranger.ts replay,
 * stranger.ts forge: hears the beacons of the group, and sends the last ones again, as they were, or with a wrong HMAC. It runs until it is killed.
 */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import * as libc from '../../runtime/ports/sockets/linux/libc.ts'
import { BEACON_PROTOCOL } from '../../runtime/wire/beacon/beacon.ts'
import { emitIpv4Packet, ON_LINK_TTL } from '../../runtime/wire/ipv4.ts'
import { emitAdvertisement, VRRP_GROUPS, VRRP_PROTOCOL } from '../../runtime/wire/vrrp.ts'

const ETH_P_ALL = 0x0003
const IP_AT = 14
const PROTOCOL_AT = IP_AT + 9
const FRAME_MAX = 2048
const VIRTUAL_ROUTER_ID = 51
const INTERVAL_CS = 50
/** Beacons that are kept, and how often all of them are sent again. */
const KEPT = 10
const AGAIN_EVERY_MS = 400
const LISTENED_MS = 1500
const LOOK_EVERY_MS = 5
const GROUP_MAC = '01005e000012'

const [what = '', priority = '', virtualIp = ''] = process.argv.slice(2)
const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW, 0)
const device = libc.sockaddrLinkLayer(libc.if_nametoindex('eth0'), ETH_P_ALL, new Uint8Array(6))
if (fd < 0 || libc.bind(fd, device, device.length) < 0) throw new Error('no packet socket')

const send = (frame: Uint8Array): number => libc.sendto(fd, frame, frame.length, 0, device, device.length)

const ownMac = (): string => readFileSync('/sys/class/net/eth0/address', 'utf8').trim().replaceAll(':', '')

function advertise(): void {
  const source = networkInterfaces().eth0?.find(({ family }) => family === 'IPv4')?.address ?? ''
  const destination = VRRP_GROUPS.ipv4
  const payload = emitAdvertisement(
    {
      version: 3,
      virtualRouterId: VIRTUAL_ROUTER_ID,
      priority: Number(priority),
      advertIntervalCs: INTERVAL_CS,
      addresses: [virtualIp],
    },
    { source, checksum: 'pseudoHeader' },
  )
  const packet = emitIpv4Packet({ source, destination, protocol: VRRP_PROTOCOL, ttl: ON_LINK_TTL, payload })
  const frame = Buffer.concat([Buffer.from(`${GROUP_MAC}${ownMac()}0800`, 'hex'), packet])
  setInterval(() => send(frame), INTERVAL_CS * 10)
}

/** Its own come back to it as well: it hears first, and then says. */
function repeat(isForged: boolean): void {
  const heard: Buffer[] = []
  const buffer = Buffer.alloc(FRAME_MAX)
  const hearing = setInterval(() => {
    for (;;) {
      const length = libc.recv(fd, buffer, buffer.length, libc.MSG_DONTWAIT)
      if (length < 0) return
      if (length > PROTOCOL_AT && buffer[PROTOCOL_AT] === BEACON_PROTOCOL)
        heard.push(Buffer.from(buffer.subarray(0, length)))
      if (heard.length > KEPT) heard.shift()
    }
  }, LOOK_EVERY_MS)
  setTimeout(() => {
    clearInterval(hearing)
    for (const frame of heard) {
      // By its own MAC: the switch is to go on looking for nodes where they are.
      frame.write(ownMac(), 6, 'hex')
      if (isForged) frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1
    }
    setInterval(() => heard.forEach(send), AGAIN_EVERY_MS)
  }, LISTENED_MS)
}

if (what === 'adverts') advertise()
else repeat(what === 'forge')
