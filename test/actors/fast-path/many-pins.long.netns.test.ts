import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'

/** More than a listing by nft could tell: its output was cut at 16 MiB. */
const PINS = 300_000
/** Of the process that takes them over; listed and written anew they took some hundreds. */
const ROOM_MB = 40

describeInNamespaces(`${PINS} pins of a predecessor`, { programs: ['nft'] }, (namespaces) => {
  let host: Namespace

  beforeAll(() => {
    host = namespaces.create()
    host.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'other')
    host.ip('link', 'set', 'eth0', 'up')
  })
  afterAll(() => namespaces.close())

  it('go on where they are, each at its node, without more memory; one is asked for alone', async () => {
    const program = host.startScript(new URL('./fixtures/many-pins.ts', import.meta.url), String(PINS))
    const shown = JSON.parse(await program.nextLine()) as { grownMb: number }
    expect(shown).toMatchObject({
      found: { present: true, directed: ['10.77.0.10'], pins: 0, inPlace: true },
      applied: { ok: true },
      count: { ok: true, value: PINS },
      one: { client: '10.1.0.7', mark: 2 },
      nobody: null,
      // Whoever wants to see them gets as many as can be told in time, and how many there are.
      listed: { length: 262_144, beyond: PINS - 262_144 },
      // With another size the maps have to be made anew.
      resized: { pins: 262_144, beyond: PINS - 262_144, inPlace: false },
    })
    expect(shown.grownMb).toBeLessThan(ROOM_MB)
  }, 300_000)
})
