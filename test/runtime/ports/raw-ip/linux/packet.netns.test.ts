import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces } from '../../../../namespaces.ts'

const SEND = new URL('../../fixtures/send-frames.ts', import.meta.url)
/** Gratuitous ARP of 10.77.0.10 from 02:00:00:00:00:01, padded to the 60 bytes of the shortest Ethernet frame. */
const GRATUITOUS_ARP =
  `ffffffffffff0200000000010806${'0001080006040001'}0200000000010a4d000affffffffffff0a4d000a`.padEnd(120, '0')

describeInNamespaces('packet port', { programs: ['tcpdump'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  test('a frame leaves the interface as it was given', async () => {
    const [sender, listener] = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24').members
    const tcpdump = listener?.start('sh', ['-c', 'tcpdump -i eth0 -l -n -e -c 1 arp 2>&1'])
    expect(await tcpdump?.nextLine()).toContain('tcpdump')
    expect(await tcpdump?.nextLine()).toContain('listening on eth0')
    expect(await sender?.runScript(SEND, GRATUITOUS_ARP)).toEqual(['sent', 'ENXIO', 'EINVAL', 'EBADF'])
    expect(await tcpdump?.nextLine()).toMatch(
      /02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff.*length 60: Request who-has 10\.77\.0\.10 .*tell 10\.77\.0\.10/,
    )
  })

  test('a neighbour learns a VIP’s new MAC from the frame', async () => {
    const [sender, listener] = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24').members
    // Linux does not change an entry that is younger than a second (arp locktime), and this one is.
    await listener?.run('sysctl', ['-w', 'net.ipv4.neigh.eth0.locktime=0'])
    listener?.ip('neigh', 'add', '10.77.0.10', 'lladdr', '02:00:00:00:00:99', 'nud', 'stale', 'dev', 'eth0')
    const monitor = listener?.start('ip', ['monitor', 'neigh'])
    await sender?.runScript(SEND, GRATUITOUS_ARP)
    expect(await monitor?.nextLine()).toContain('10.77.0.10 dev eth0 lladdr 02:00:00:00:00:01')
  })
})
