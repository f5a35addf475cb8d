import type { AddressFamily } from '../../wire/ip-address-bytes.ts'
import type { Result } from '../result.ts'

/** What the kernel says by itself, of any interface; `present` false = is gone. Addresses may be IPv6. */
export type KernelEvent =
  /** An interface came, went, or is not as it was: up, carrier, MAC, name. */
  | { readonly type: 'link'; readonly interfaceIndex: number; readonly interfaceName: string }
  /** Also for an address that is only renewed. */
  | {
      readonly type: 'address'
      readonly interfaceIndex: number
      readonly address: string
      readonly prefixLength: number
      readonly present: boolean
    }
  | { readonly type: 'defaultRoute'; readonly interfaceIndex: number; readonly present: boolean }
  /** Somebody answered who was asked for an address, or announced one unasked. */
  | ({ readonly type: 'neighbour' } & NeighbourSighting)
  /** More happened than there was room for: whatever was read before may be old. */
  | { readonly type: 'overrun' }

/** An ARP frame or a neighbour advertisement as it was seen; MACs lower-case and colon-separated. */
export interface NeighbourSighting {
  /** `announcement`: of ARP, sender and target address are the same; of IPv6, nobody had asked. */
  readonly form: 'reply' | 'announcement'
  /** What the sender has. */
  readonly senderAddress: string
  readonly senderMac: string
  /** Whom it is told. */
  readonly targetMac: string
}

/** An interface as the kernel has it now. */
export interface InterfaceTruth {
  /** Null: there is no interface of that name. */
  readonly link: { readonly index: number; readonly mac: string; readonly up: boolean; readonly mtu: number } | null
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[]
  /** The IPv4 default route of lowest metric through this interface; `gateway` null = on the link itself. */
  readonly defaultRoute: { readonly gateway: string | null } | null
}

export interface KernelEventsOptions {
  /** Whether these matter; a host may have many routes. */
  readonly defaultRoutes: boolean
}

/**
 * The kernel's own notifications (rtnetlink), and the ARP frames and neighbour advertisements of one interface. They are
 * hints: consumers read the truth anew, so that an event which is lost, late or doubled does no harm.
 */
export interface KernelEventsPort {
  /** Begins to listen. What becomes impossible later is thrown, as a promise that nobody handles. */
  open(options: KernelEventsOptions, listen: (event: KernelEvent) => void): Result
  /** Reads it now; an interface that is not there is a `link` of null. */
  read(interfaceName: string): Result<InterfaceTruth>
  /**
   * From now on what this interface receives that tells who has an address is an event: ARP replies and announcements, and
   * neighbour advertisements for IPv6. Replaces an earlier one; an interface that is made anew has another index. At most 500
   * a second are looked at, the kernel drops what is beyond.
   */
  watchNeighbours(interfaceIndex: number, families: readonly AddressFamily[]): Result
  close(): void
}
