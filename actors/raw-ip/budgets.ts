import type { IpProtocol } from '../../runtime/ports/raw-ip/raw-ip.ts'

/** How many packets a second an actor can look at: of those that look right, and of the others, which it only counts. */
interface Budget {
  readonly right: number
  readonly wrong: number
}

export const BUDGETS: { readonly [Protocol in IpProtocol]: Budget } = {
  112: { right: 20_000, wrong: 2000 },
  253: { right: 5000, wrong: 500 },
}

/** At once: all together are fewer than the receiver's mailbox has room for. */
export const BURSTS: Budget = { right: 600, wrong: 200 }

/** What becomes of a packet. `surplus`: it is wrong, and enough of those have passed. `lost`: it may have been right. */
export type Admitted = 'passed' | 'surplus' | 'lost'
