import { describe, expect, it } from 'vitest'
import { CHUNK_BYTES, ChunkPool } from '../../../actors/forwarder/chunk-pool.ts'
import { sockets } from './forwarders.ts'

describe('the chunk pool', () => {
  it('parks as many chunks as the bound allows beside the current one', () => {
    const pool = new ChunkPool(sockets, 2 * CHUNK_BYTES)
    expect(pool.canPark).toBe(true)
    pool.park()
    expect(pool.canPark).toBe(true)
    pool.park()
    expect(pool.canPark).toBe(false)
  })

  it('keeps what was read into a parked chunk until it is released, and uses it again then', () => {
    const pool = new ChunkPool(sockets, CHUNK_BYTES)
    const first = pool.current
    first.bytes[0] = 7
    const parked = pool.park()
    expect(pool.current).not.toBe(first)
    expect(pool.chunk(parked).bytes[0]).toBe(7)
    pool.release(parked)
    expect(pool.canPark).toBe(true)
    pool.park()
    expect(pool.current).toBe(first)
  })

  it('parks nothing with a bound of 0', () => {
    expect(new ChunkPool(sockets, 0).canPark).toBe(false)
  })
})
