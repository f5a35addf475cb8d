import { afterAll, beforeAll, expect, it } from 'vitest'
import { captureScript, removeCaptureScript } from '../../../actors/forwarder/capture.ts'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'

const VIP = '10.77.0.10'
const captures = [{ address: VIP, originalPort: 9090, listenPort: 29000 }]

describeInNamespaces('with a proxy on 0.0.0.0:9090', { programs: ['nft', 'curl'] }, (namespaces) => {
  let client: Namespace
  let director: Namespace

  const nft = async (script: string) => {
    const { code, stderr } = await director.run('sh', ['-c', `nft -f - <<'SCRIPT'\n${script}\nSCRIPT`])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
  const curl = async (from: Namespace, url: string) => {
    const { code, stdout } = await from.run('curl', ['-s', '-m', '5', `http://${url}`])
    return code === 0 ? stdout : `curl ended with ${code}`
  }

  beforeAll(async () => {
    ;[client, director] = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24').members as [Namespace, Namespace]
    director.ip('address', 'add', `${VIP}/24`, 'dev', 'eth0')
    const servers = director.startScript(new URL('./fixtures/captured-servers.ts', import.meta.url), VIP, '29000')
    expect(await servers.nextLine()).toBe('listening')
  })
  afterAll(() => namespaces.close())

  it('clients of VIP:9090 reach the forwarder, with their own address', async () => {
    expect(await curl(client, `${VIP}:9090/`)).toBe('proxy 10.77.0.1')
    await nft(captureScript(captures))
    expect(await curl(client, `${VIP}:9090/`)).toBe('forwarder 10.77.0.1')
    expect((await curl(client, `${VIP}:9090/big`)).length).toBe(1_048_576)
  })

  it("clients of the node's own address still reach the proxy", async () => {
    await nft(captureScript(captures))
    expect(await curl(client, '10.77.0.2:9090/')).toBe('proxy 10.77.0.1')
  })

  it('the host itself reaches the forwarder at the VIP, too', async () => {
    await nft(captureScript(captures))
    expect(await curl(director, `${VIP}:9090/`)).toBe('forwarder 10.77.0.2')
    expect(await curl(director, '127.0.0.1:9090/')).toBe('proxy 127.0.0.1')
  })

  it('a stateful firewall on the host sees nothing invalid', async () => {
    await nft(`table inet firewall {
      chain in { type filter hook input priority 0; ct state invalid drop; tcp dport 9090 ct state new accept; }
      chain out { type filter hook output priority 0; ct state invalid drop; }
    }`)
    await nft(captureScript(captures))
    expect(await curl(client, `${VIP}:9090/`)).toBe('forwarder 10.77.0.1')
    expect(await curl(director, `${VIP}:9090/`)).toBe('forwarder 10.77.0.2')
  })

  it('the script may be applied again while it is in force, and is undone by the other one', async () => {
    await nft(captureScript(captures))
    await nft(captureScript(captures))
    expect(await curl(client, `${VIP}:9090/`)).toBe('forwarder 10.77.0.1')
    await nft(removeCaptureScript())
    await nft(removeCaptureScript())
    expect(await curl(client, `${VIP}:9090/`)).toBe('proxy 10.77.0.1')
  })
})
