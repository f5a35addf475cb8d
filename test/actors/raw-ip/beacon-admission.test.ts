import { describe, expect, it } from 'vitest'
import { BeaconAdmission } from '../../../actors/raw-ip/beacon-admission.ts'
import { type BeaconEnvelope, type BeaconSender, sealBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { emitIpv4Packet } from '../../../runtime/wire/ipv4.ts'

const [OWN, NODE, STRANGER] = ['10.77.0.1', '10.77.0.2', '10.77.0.9'] as const
const KEY = 'the key of the group'
const EPOCH = '00000000000000aa'
const RULES = { virtualRouterId: 51, keys: [KEY], managementIp: OWN, managementPrefixLength: 24 }
const SECONDS = 8
const TO_OWN: BeaconEnvelope = { destination: OWN, audience: new Map() }

interface Told extends BeaconSender {
  readonly sequence: number
  readonly source: string
  readonly ttl: number
}

/** As the raw socket gives it; the body makes it a little longer than 60 bytes. */
function packet({ sequence = 1, source, ttl = 255, ...sender }: Partial<Told> = {}): Uint8Array {
  const full = { address: NODE, virtualRouterId: 51, epoch: EPOCH, key: KEY, version: 5, ...sender }
  const payload = sealBeacon('report', Uint8Array.of(0x93), sequence, full, TO_OWN)[0]!
  return emitIpv4Packet({ source: source ?? full.address, destination: OWN, protocol: 253, ttl, payload })
}

function started(rules: { readonly keys?: readonly string[] } = {}): BeaconAdmission {
  const admission = new BeaconAdmission({ ...RULES, ...rules }, 0)
  admission.know(new Map([[NODE, EPOCH]]))
  return admission
}

/** How many of a node's beacons, one a second, pass in a flood that is spread evenly. */
function heardInFlood(
  admission: BeaconAdmission,
  perSecond: number,
  flood: (index: number) => Uint8Array,
  key: string | null = KEY,
) {
  let [heard, lost] = [0, 0]
  for (let second = 0; second < SECONDS; second++) {
    for (let index = 0; index < perSecond; index++) {
      const verdict = admission.admit(flood(second * perSecond + index), 1000 * (second + index / perSecond))
      if (verdict === 'lost') lost++
    }
    // Somewhere within the second, not at its beginning.
    const real = packet({ sequence: 1000 + second, key })
    if (admission.admit(real, 1000 * (second + 1)) === 'passed') heard++
  }
  return { heard, lost }
}

describe("a node's beacons are all heard in a flood of 10,000 a second", () => {
  const forged = Uint8Array.from(packet({ key: 'another key', sequence: 0xffff_fff0 }))
  const wrong = packet({ key: 'another key', address: STRANGER })
  const mixed = packet({ source: NODE, address: STRANGER })
  const recorded = packet({ sequence: 3 })
  const older = Array.from({ length: 100 }, (_, at) => packet({ sequence: at, epoch: '00000000000000bb' }))

  it.each([
    ['with its address and a wrong HMAC', () => forged],
    ['of strangers with a wrong HMAC', () => wrong],
    ['with its address and another one in the header', () => mixed],
    ['that was recorded of it', () => recorded],
    ['that was recorded of an earlier start of it', (index: number) => older[index % 100]!],
  ])('%s', (_, flood) => {
    expect(heardInFlood(started(), 10_000, flood).heard).toBe(SECONDS)
  })

  it('of strangers who have no key, as nobody has', () => {
    const strangers = packet({ key: null, address: STRANGER })
    expect(heardInFlood(started({ keys: [] }), 10_000, () => strangers, null).heard).toBe(SECONDS)
  })

  it('with its address and a wrong HMAC, of a group in the middle of a change of its key', () => {
    const keys = ['a new key of the group', KEY]
    expect(heardInFlood(started({ keys }), 4000, () => forged)).toEqual({ heard: SECONDS, lost: 0 })
  })

  it('without anything that may have been right being lost', () => {
    expect(heardInFlood(started(), 10_000, () => forged).lost).toBe(0)
  })
})

describe('a beacon', () => {
  it('passes by each of several keys, and by the ones of a reload from then on', () => {
    const admission = started({ keys: ['a new key of the group', KEY] })
    expect(admission.admit(packet({ sequence: 1 }), 0)).toBe('passed')
    expect(admission.admit(packet({ sequence: 2, key: 'a new key of the group' }), 0)).toBe('passed')
    admission.follow({ ...RULES, keys: ['a new key of the group'] })
    const old = Array.from({ length: 201 }, (_, at) => admission.admit(packet({ sequence: 3 + at }), 0))
    // What is wrong is handed on within the budget of garbage: discovery tells of it.
    expect(old.at(-1)).toBe('surplus')
    expect(admission.admit(packet({ sequence: 900, key: 'a new key of the group' }), 0)).toBe('passed')
  })

  it('of garbage costs as many HMACs as there are keys: that many fewer are looked at', () => {
    const lookedAt = (keys: readonly string[]) => {
      const admission = started({ keys })
      const wrong = Array.from({ length: 1500 }, () => packet({ key: 'another key', address: STRANGER }))
      return wrong.filter((each) => admission.admit(each, 0) !== 'lost').length
    }
    expect([['1'], ['1', '2'], ['1', '2', '3', '4']].map(lookedAt)).toEqual([1000, 500, 250])
  })

  it('that may have been right, and was not looked at, is said to be lost; garbage is not', () => {
    const admission = started()
    const verdicts = Array.from({ length: 3000 }, () => admission.admit(packet({ address: STRANGER }), 0))
    expect(verdicts.filter((verdict) => verdict === 'passed')).toHaveLength(600)
    expect(verdicts.filter((verdict) => verdict === 'lost')).toHaveLength(2400)
    const garbage = Array.from({ length: 500 }, () => admission.admit(packet({ ttl: 64 }), 0))
    expect(garbage.filter((verdict) => verdict === 'surplus')).toHaveLength(300)
    expect(garbage).not.toContain('lost')
  })

  it.each([
    ['has another TTL', packet({ ttl: 254, address: STRANGER })],
    ['comes from outside the subnet', packet({ address: '10.78.0.2' })],
    ['is of another virtual router', packet({ virtualRouterId: 52, address: STRANGER })],
    ['has no HMAC', packet({ key: null, address: STRANGER })],
  ])('is told for wrong before its HMAC is looked at, when it %s', (_, wrong) => {
    const admission = started()
    const passed = Array.from({ length: 5000 }, () => admission.admit(wrong, 0)).filter((one) => one === 'passed')
    expect(passed).toHaveLength(200)
    expect(admission.admit(packet({ address: STRANGER }), 0)).toBe('passed')
  })
})
