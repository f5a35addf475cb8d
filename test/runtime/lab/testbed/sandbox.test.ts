import { describe, expect, it } from 'vitest'
import { type Attempt, prepareSandbox, unshareFlags } from '../../../../runtime/lab/testbed/sandbox.ts'

/** A machine on which the commands that match are refused; it keeps what was tried. */
function machine(refused: (line: string, tried: readonly string[]) => boolean): { attempt: Attempt; tried: string[] } {
  const tried: string[] = []
  const attempt: Attempt = (command, args) => {
    const line = [command, ...args].join(' ')
    const refusal = refused(line, tried) ? `${command}: refused` : undefined
    tried.push(line)
    return refusal
  }
  return { attempt, tried }
}

describe('prepareSandbox', () => {
  it('takes no user namespace where root has the capabilities', () => {
    expect(prepareSandbox(true, machine(() => false).attempt)).toEqual({ ok: true, flags: unshareFlags(true)[0] })
    expect(unshareFlags(true)[0]).not.toContain('--user')
  })

  it('falls back to a user namespace where root lacks them', () => {
    const { attempt } = machine((line) => line.startsWith('unshare') && !line.includes('--user'))
    expect(prepareSandbox(true, attempt)).toEqual({ ok: true, flags: unshareFlags(false)[0] })
  })

  it('always makes fresh network, mount and PID namespaces whose processes die with the first', () => {
    for (const flags of [...unshareFlags(true), ...unshareFlags(false)]) {
      expect(flags).toEqual(expect.arrayContaining(['--net', '--mount', '--pid', '--fork', '--kill-child']))
    }
  })

  it('installs iproute2 for root where it is missing', () => {
    const { attempt, tried } = machine((line, before) => line === 'ip -V' && before.length === 0)
    expect(prepareSandbox(true, attempt).ok).toBe(true)
    expect(tried[1]).toBe('apt-get -y --no-install-recommends install iproute2')
  })

  it('fetches the package lists when the first try to install finds none', () => {
    const { attempt, tried } = machine(
      (line, before) => before.length < 2 && (line === 'ip -V' || line.includes('install')),
    )
    expect(prepareSandbox(true, attempt).ok).toBe(true)
    expect(tried.slice(1, 4)).toEqual([
      'apt-get -y --no-install-recommends install iproute2',
      'apt-get update',
      'apt-get -y --no-install-recommends install iproute2',
    ])
  })

  it('tells an ordinary user how to get iproute2, and installs nothing', () => {
    const { attempt, tried } = machine((line) => line === 'ip -V')
    expect(prepareSandbox(false, attempt)).toEqual({
      ok: false,
      reason: expect.stringContaining('sudo apt-get install iproute2'),
    })
    expect(tried.filter((line) => line.startsWith('apt-get'))).toEqual([])
  })

  it('says what helps where namespaces are refused', () => {
    const { attempt } = machine((line) => line.startsWith('unshare'))
    expect(prepareSandbox(false, attempt)).toEqual({ ok: false, reason: expect.stringContaining('sysctl') })
    expect(prepareSandbox(true, attempt)).toEqual({ ok: false, reason: expect.stringContaining('--privileged') })
  })
})
