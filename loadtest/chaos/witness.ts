/** witness.ts DEVICE: says of every VRRP advert that comes over a bridge who sent it, by MAC, and with which priority. It runs until it is killed. */
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import * as libc from '../../runtime/ports/sockets/linux/libc.ts'
import { VRRP_PROTOCOL } from '../../runtime/wire/vrrp.ts'

/** An advert, when it came by. */
export interface AdvertSeen {
  readonly atMs: number
  readonly mac: string
  readonly priority: number
}

const ETH_P_IP = 0x0800
const IP_AT = 14
const PROTOCOL_AT = IP_AT + 9
/** Of the VRRP message. */
const PRIORITY_AT = 2
const FRAME_MAX = 2048
const LOOK_EVERY_MS = 5

const [device = ''] = process.argv.slice(2)
const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW, 0)
const address = libc.sockaddrLinkLayer(libc.if_nametoindex(device), ETH_P_IP, new Uint8Array(6))
if (fd < 0 || libc.bind(fd, address, address.length) < 0) throw new Error(`no packet socket on ${device}`)

const buffer = Buffer.alloc(FRAME_MAX)

setInterval(() => {
  for (;;) {
    const length = libc.recv(fd, buffer, buffer.length, libc.MSG_DONTWAIT)
    if (length < 0) return
    if (length <= PROTOCOL_AT || buffer[PROTOCOL_AT] !== VRRP_PROTOCOL) continue
    const headerLength = ((buffer[IP_AT] ?? 0) & 15) * 4
    const priority = buffer[IP_AT + headerLength + PRIORITY_AT] ?? 0
    const mac = buffer.toString('hex', 6, 12).replace(/(..)(?!$)/g, '$1:')
    process.send?.({ atMs: monotonicMs(), mac, priority } satisfies AdvertSeen)
  }
}, LOOK_EVERY_MS)
