import { afterAll, expect, it } from 'vitest'
import { parseClientKey, SLOT_HASH_SEED, slotOfKey } from '../../../runtime/table/client-key.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { describeInNamespaces } from '../../namespaces.ts'

describeInNamespaces('the slot hash', { programs: ['nft'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  it('is what nftables computes by jhash, for IPv4 and IPv6: both forwarding modes have the same slots', async () => {
    const host = namespaces.create()
    const clients = ['10.0.0.1', '192.0.2.77', '203.0.113.255', '2001:db8::1', '2001:db8:1:2:3:4:5:6']
    const rules = clients.map((client) => {
      const family = client.includes(':') ? 'ip6' : 'ip'
      host.ip('address', 'add', client, 'dev', 'lo', ...(family === 'ip6' ? ['nodad'] : []))
      const slot = slotOfKey(...parseClientKey(client)!)
      const hash = `jhash ${family} saddr mod ${SLOT_COUNT} seed ${SLOT_HASH_SEED}`
      return `${family} saddr ${client} udp dport 9 ${hash} ${slot} counter`
    })
    const script = `table inet slots {\n chain output {\n type filter hook output priority 0;\n ${rules.join('\n ')}\n }\n}`
    expect(await host.run('nft', [script])).toMatchObject({ code: 0, stderr: '' })
    for (const client of clients) {
      const send = `const socket = require('dgram').createSocket('${client.includes(':') ? 'udp6' : 'udp4'}')
        socket.bind(0, '${client}', () => socket.send('x', 9, '${client}', () => socket.close()))`
      expect(await host.run(process.execPath, ['-e', send])).toMatchObject({ code: 0, stderr: '' })
    }
    const listing = (await host.run('nft', ['list', 'table', 'inet', 'slots'])).stdout
    expect(listing.match(/counter packets 1 /g)).toHaveLength(clients.length)
  })
})
