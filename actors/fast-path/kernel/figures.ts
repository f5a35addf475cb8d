import type { Nft } from '../../../runtime/ports/nft/nft.ts'
import type { NodeCounters } from '../messages.ts'
import type { FastPathState } from '../state.ts'
import { readTraffic } from './tables.ts'

/** What this host, as director, has sent to each node. */
export async function readFigures(nft: Nft, { group }: FastPathState): Promise<readonly NodeCounters[]> {
  const sent = await readTraffic(nft)
  return (group?.nodes ?? []).map(({ mark, address }) => {
    const own = sent.filter((traffic) => traffic.mark === mark)
    const sum = (figure: 'packets' | 'bytes') => own.reduce((total, traffic) => total + traffic[figure], 0)
    return { address, packets: sum('packets'), bytes: sum('bytes') }
  })
}
