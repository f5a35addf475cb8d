import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces } from '../../../../namespaces.ts'

const FIXTURE = new URL('../../fixtures/socket-table.ts', import.meta.url)
/** More than one datagram of replies, which holds about 300. */
const CONNECTIONS = 1500

describeInNamespaces('socket table', {}, (namespaces) => {
  afterAll(() => namespaces.close())

  test('listeners come with address, port and IPv6-only; connections are counted by local port over both families, clients named by local address; what is not over is found by either end, and reset', async () => {
    const shown = await namespaces.create().runScript(FIXTURE, String(CONNECTIONS))
    expect(shown).toEqual({
      listeners: {
        ok: true,
        value: expect.arrayContaining([
          { family: 4, address: '127.0.0.1', port: 7001, v6Only: false },
          { family: 4, address: '0.0.0.0', port: 7002, v6Only: false },
          { family: 6, address: '::', port: 7003, v6Only: false },
          { family: 6, address: '::', port: 7004, v6Only: true },
          { family: 6, address: '::1', port: 7005, v6Only: expect.any(Boolean) },
        ]),
      },
      // The clients' own ends, whose local ports are others, are not counted, nor is port 7005. IPv4 is IPv4 where an IPv6 listener accepted it.
      holders: {
        all: {
          ok: true,
          value: {
            count: CONNECTIONS + 2,
            holders: [{ client: '127.0.0.1', connections: CONNECTIONS + 1 }],
            all: false,
          },
        },
        ipv6: {
          ok: true,
          value: { count: CONNECTIONS + 2, holders: [{ client: '::1', connections: 1 }], all: true },
        },
        nobody: { ok: true, value: { count: 0, holders: [], all: true } },
      },
      byPort: [
        [7002, ['127.0.0.1']],
        [7003, ['127.0.0.1', '::1']],
        [7005, ['::1']],
      ],
      // Each once, and IPv4 as IPv4 where an IPv6 listener accepted it.
      clients: { ipv4: [['127.0.0.1', true]], ipv6: [['::1', true]], other: [] },
      // The half-closed one counts, the one whose server has said all and left does not.
      open: {
        local: { ok: true, value: 1 },
        peer: { ok: true, value: 1 },
        both: { ok: true, value: CONNECTIONS + 2 },
        ipv6: { ok: true, value: 1 },
        nobody: { ok: true, value: 0 },
      },
      reset: {
        ipv6: { ok: true, value: 1 },
        peer: { ok: true, value: 1 },
        most: { ok: true, value: 3 },
        told: ['ECONNRESET', 'ECONNRESET'],
        left: { ok: true, value: CONNECTIONS - 2 },
      },
    })
    expect((shown as { listeners: { value: unknown[] } }).listeners.value).toHaveLength(5)
  })
})
