import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OverflowPolicy } from '../../../../runtime/actor-system/actor.ts'
import { createLinkCredits, UnderWay } from '../../../../runtime/actor-system/messaging/mailbox.ts'
import { Outbox } from '../../../../runtime/actor-system/messaging/outbox.ts'
import { FakeClock } from '../../../fakes/clock.ts'

function createOutbox(overflow: OverflowPolicy, capacity: number) {
  const clock = new FakeClock()
  const credits = createLinkCredits()
  const posted: number[] = []
  const lost: string[] = []
  const outbox = new Outbox({
    mailbox: { capacity, overflow },
    underWay: new UnderWay(credits, 0),
    clock,
    post: (bytes) => posted.push(bytes[0]!),
    lost: (type) => lost.push(type),
  })
  const receiver = new UnderWay(credits, 0)
  const offer = (type: string, value: number): void => outbox.offer(type, Uint8Array.of(value))
  return { clock, posted, lost, outbox, receiver, offer }
}

describe('a full mailbox', () => {
  test('dropNewest: what finds no room is lost and counted, what is under way stays', () => {
    const { posted, lost, receiver, offer } = createOutbox('dropNewest', 2)
    for (let value = 1; value <= 5; value++) offer('a', value)
    expect(posted).toEqual([1, 2])
    expect(lost).toEqual(['a', 'a', 'a'])
    receiver.taken()
    offer('a', 6)
    expect(posted).toEqual([1, 2, 6])
  })

  test('keepLatest: of each type the newest is held back, and posted by itself when there is room', () => {
    const { clock, posted, lost, receiver, offer } = createOutbox('keepLatest', 1)
    offer('a', 1)
    offer('a', 2)
    offer('b', 3)
    offer('a', 4)
    expect(posted).toEqual([1])
    expect(lost).toEqual(['a'])
    receiver.taken()
    clock.advance(20)
    expect(posted).toEqual([1, 3])
    receiver.taken()
    clock.advance(20)
    expect(posted).toEqual([1, 3, 4])
    expect(clock.nextDueMs()).toBeUndefined()
  })

  test('keepLatest: no message overtakes an older one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constant('take' as const)), { maxLength: 60 }),
        (actions) => {
          const { clock, posted, receiver, offer } = createOutbox('keepLatest', 2)
          actions.forEach((action, value) => {
            if (action !== 'take') offer(action, value)
            else if (receiver.count > 0) receiver.taken()
            expect(receiver.count).toBeLessThanOrEqual(2)
          })
          while (clock.nextDueMs() !== undefined) {
            if (receiver.count > 0) receiver.taken()
            clock.advance(20)
          }
          expect(posted).toEqual([...posted].sort((a, b) => a - b))
        },
      ),
    )
  })

  test('keepLatest: the number of types that are held back is bounded', () => {
    const { lost, offer, outbox, clock } = createOutbox('keepLatest', 1)
    for (let type = 0; type < 200; type++) offer(`type ${type}`, 0)
    expect(lost).toHaveLength(200 - 1 - 64)
    outbox.close()
    expect(clock.nextDueMs()).toBeUndefined()
  })

  test('a question is refused rather than held back; a reply goes through', () => {
    const { posted, outbox } = createOutbox('keepLatest', 1)
    expect(outbox.offerNow(Uint8Array.of(1))).toBe(true)
    expect(outbox.offerNow(Uint8Array.of(2))).toBe(false)
    outbox.postAnyway(Uint8Array.of(3))
    expect(posted).toEqual([1, 3])
  })
})
