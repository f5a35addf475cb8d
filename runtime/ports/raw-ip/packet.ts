import type { Result } from '../result.ts'

/** AF_PACKET: whole Ethernet frames out of one interface. */
export interface PacketPort {
  send(interfaceIndex: number, frame: Uint8Array): Result
  close(): void
}
