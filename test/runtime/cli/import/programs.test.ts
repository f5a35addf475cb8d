import { describe, expect, test } from 'vitest'
import { Draft } from '../../../../runtime/cli/import/draft.ts'
import { mappingOf } from '../../../../runtime/cli/import/gateway-text.ts'
import { importKeepalived } from '../../../../runtime/cli/import/keepalived.ts'

const imported = (text: string) => {
  const draft = new Draft()
  importKeepalived('k.conf', { read: () => ({ ok: true, text }), included: () => [] }, draft)
  const { track, notify } = mappingOf(draft) as { track?: { scripts: unknown }; notify?: unknown }
  return { scripts: track?.scripts, notify, reasons: draft.differences.map(({ line, reason }) => `${line}: ${reason}`) }
}
const instance = (lines: string, vrid = 5) =>
  `vrrp_instance I${vrid} { \n interface eth0\n virtual_router_id ${vrid}\n virtual_ipaddress {\n 10.0.0.${vrid}/24\n }\n${lines}\n}\n`
const script = (lines: string) => `vrrp_script check {\n${lines}\n}\n`
const TRACKED = 'track_script {\n check\n }'

describe('scripts', () => {
  test('one that is tracked is taken over with all that it says, also where it stands behind the instance', () => {
    const all = 'script "/bin/check --of \'one word\'"\n interval 3\n timeout 2\n rise 4\n fall 5\n weight -20'
    expect(imported(instance(TRACKED) + script(all))).toEqual({
      scripts: [
        {
          name: 'check',
          command: ['/bin/check', '--of', 'one word'],
          interval: '3s',
          timeout: '2s',
          rise: 4,
          fall: 5,
          weight: -20,
        },
      ],
      notify: undefined,
      reasons: [],
    })
  })

  test.each([
    ['of its instance goes first', 'weight 5', 'track_script {\n check weight -7\n }', { weight: -7 }],
    ['of 0 is a fault', 'weight 0', TRACKED, {}],
    ['of 0 of its instance, too', 'weight 5', 'track_script {\n check weight 0\n }', {}],
  ])('a weight %s', (_title, weight, tracked, effect) => {
    const { scripts, reasons } = imported(script(`script /bin/check\n ${weight}`) + instance(tracked))
    expect(scripts).toEqual([{ name: 'check', command: ['/bin/check'], ...effect }])
    expect(reasons).toEqual([])
  })

  test.each([
    [
      'a line for a shell',
      'script "pidof squid | grep 1"',
      '2: no equivalent: there is no shell for "pidof squid | grep 1"',
    ],
    ['a program without its path', 'script "pidof squid"', '2: a program is named by its path'],
    ['a redirection', 'script "</dev/tcp/127.0.0.1/80"', '2: no equivalent: there is no shell'],
  ])('%s is listed, and so is who tracks it', (_title, line, reason) => {
    const { scripts, reasons } = imported(script(line) + instance(TRACKED))
    expect(scripts).toBeUndefined()
    expect(reasons).toEqual([expect.stringContaining(reason), expect.stringMatching(/^11: left out/)])
  })

  test.each([
    ['a script that is not there', instance(TRACKED), '8: there is no vrrp_script check'],
    ['one that nobody tracks', script('script /bin/check') + instance(''), '1: not needed: no instance tracks it'],
    [
      'one of a second instance',
      script('script /bin/check') + instance(TRACKED) + instance(TRACKED, 6),
      '21: not needed: a script counts for all instances, as it was tracked first',
    ],
    [
      'a value that is wrong',
      script('script /bin/check\n interval never') + instance(TRACKED),
      '3: interval: must be a duration',
    ],
    [
      'another user',
      script('script /bin/check\n user nobody nogroup') + instance(TRACKED),
      '3: no equivalent: it runs as the gateway does, not as nobody:nogroup',
    ],
    [
      'a weight turned round',
      script('script /bin/check\n weight 5 reverse') + instance(TRACKED),
      '3: no equivalent: "reverse" behind a weight',
    ],
  ])('%s is listed', (_title, text, reason) => {
    expect(imported(text).reasons).toEqual([expect.stringContaining(reason)])
  })
})

describe('who is told', () => {
  test('by the keyword: of what', () => {
    const { notify, reasons } = imported(
      instance(
        'notify /bin/all\n notify_master "/bin/one with words"\n notify_backup /bin/two\n notify_fault /bin/three',
      ),
    )
    expect(notify).toEqual([
      { on: ['director', 'backup', 'fault'], command: ['/bin/all'] },
      { on: ['director'], command: ['/bin/one', 'with', 'words'] },
      { on: ['backup'], command: ['/bin/two'] },
      { on: ['fault'], command: ['/bin/three'] },
    ])
    expect(reasons).toEqual([8, 9, 10].map((line) => expect.stringContaining(`${line}: it gets four more arguments`)))
  })

  test('of one instance of two: it is told of both, which is listed', () => {
    const { notify, reasons } = imported(instance('notify /bin/all') + instance('', 6))
    expect(notify).toHaveLength(1)
    expect(reasons).toEqual(['7: it is told of all instances, not of this one alone'])
  })

  test('of an instance that is left out: nobody', () => {
    expect(imported(instance('') + instance('notify /bin/all')).notify).toBeUndefined()
  })

  test('what is more than a gateway has is listed', () => {
    const { notify, reasons } = imported(instance(Array.from({ length: 9 }, () => 'notify /bin/all').join('\n')))
    expect(notify).toHaveLength(8)
    expect(reasons).toEqual([expect.stringContaining('15: notify: has more than 8')])
  })
})
