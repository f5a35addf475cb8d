import { afterAll, beforeAll, expect, it } from 'vitest'
import { linuxScheduling } from '../../../../../runtime/ports/host/linux/scheduling.ts'
import { describeInNamespaces, type Namespace } from '../../../../namespaces.ts'
import { asServiceUser } from '../../../../service-user.ts'

const SESSION = new URL('../../fixtures/scheduling-session.ts', import.meta.url)

describeInNamespaces('scheduling, in processes of their own', { programs: ['setpriv'] }, (namespaces) => {
  let namespace: Namespace
  beforeAll(() => {
    namespace = namespaces.create()
  })
  afterAll(() => namespaces.close())

  it('only the thread that asks becomes real-time, what it starts is ordinary, and a runaway loop is bounded to 10 s', async () => {
    expect(await namespace.runScript(SESSION)).toEqual({
      raised: { ok: true },
      whileRaised: 2,
      childProcess: 0,
      childThread: 0,
      limit: ['10000000', '10000000'],
      lowered: { ok: true },
      afterwards: 0,
    })
  })

  it('without CAP_SYS_NICE it is refused, and nothing changes', async () => {
    const drop = ['--bounding-set', '-sys_nice', '--inh-caps', '-sys_nice', process.execPath, SESSION.pathname]
    const { stdout } = await namespace.run('setpriv', drop)
    const { raised, whileRaised, afterwards } = JSON.parse(stdout)
    expect(raised).toMatchObject({ ok: false, code: 'EPERM' })
    expect([whileRaised, afterwards]).toEqual([0, 0])
  })

  it('by CAP_SYS_NICE alone an ordinary user has it as well, and gives it up again', async () => {
    const [program = '', ...words] = [...asServiceUser(['sys_nice']), process.execPath, SESSION.pathname]
    const { stdout, stderr } = await namespace.run(program, words)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ raised: { ok: true }, whileRaised: 2, childThread: 0, afterwards: 0 })
  })

  it('counts the CPU time of the thread', () => {
    const before = linuxScheduling.cpuMs()
    const end = performance.now() + 10_000
    while (linuxScheduling.cpuMs() - before < 5 && performance.now() < end);
    expect(linuxScheduling.cpuMs() - before).toBeGreaterThanOrEqual(5)
  })
})
