import { isIPv4 } from 'node:net'
import type { z } from 'zod'
import { BY_ADDRESS } from '../runtime/table/affinity.ts'
import { MAX_LISTENERS } from '../runtime/table/layout.ts'
import { instanceProblems } from './instance-rules.ts'
import { rangeProblems } from './port-ranges.ts'
import type { Problem } from './problems.ts'
import { fieldAt, listAt } from './raw.ts'
import { gatewaySchema, SOCKET_PATH_BYTES } from './schema.ts'
import { scriptName } from './script-name.ts'

type Shape = typeof gatewaySchema.shape

/**
 * What one part of the file must be in the light of another. Works on the raw values and skips those that do not fit the
 * schema by themselves (they are reported already), so that one mistake does not hide the next.
 */
export function crossFieldProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  return [
    ...instanceProblems(raw, valid(raw, 'managementIp')),
    ...redirectProblems(raw),
    ...rangeProblems(raw),
    ...listenerProblems(raw),
    ...checkProblems(raw),
    ...agentProblems(raw),
    ...kernelModeProblems(raw),
    ...affinityProblems(raw),
    ...scriptProblems(raw),
    ...notifierProblems(raw),
    ...perPortProblems(raw),
    ...clientLimitProblems(raw),
    ...clusterProblems(raw),
    ...inspectorProblems(raw),
    ...tokenProblems(raw),
    ...socketProblems(raw),
  ]
}

/** Whether an address is one that only this host can reach. */
function isLoopback(address: string): boolean {
  return isIPv4(address) ? address.startsWith('127.') : address === '::1'
}

/** The value of a key if it is right by itself. */
function valid<Key extends keyof Shape>(
  raw: Readonly<Record<string, unknown>>,
  key: Key,
): z.output<Shape[Key]> | undefined {
  const parsed = gatewaySchema.shape[key].safeParse(raw[key])
  return parsed.success ? (parsed.data as z.output<Shape[Key]>) : undefined
}

function redirectProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const seen = new Map<unknown, string>()
  const problems: Problem[] = []
  for (const [index, redirect] of listAt(raw.redirects).entries()) {
    for (const [position, port] of listAt(fieldAt(redirect, 'originalPorts')).entries()) {
      if (!Number.isInteger(port)) continue
      const first = seen.get(port)
      const place = `redirects[${index}].originalPorts[${position}]`
      if (first === undefined) seen.set(port, place)
      else {
        const path = ['redirects', index, 'originalPorts', position]
        problems.push({ path, text: `port ${port} is ${first} already; a port can be redirected once only` })
      }
    }
  }
  return problems
}

/** In workers mode each forwarder listens on each original port of each virtual IP; `auto` may become that. */
function listenerProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (raw.forwarding === 'kernel') return []
  const instances = raw.instances === undefined ? [raw] : listAt(raw.instances)
  const addresses = new Set(instances.flatMap((instance) => listAt(fieldAt(instance, 'virtualIps')))).size
  const ports = listAt(raw.redirects).flatMap((redirect) => listAt(fieldAt(redirect, 'originalPorts'))).length
  if (addresses * ports <= MAX_LISTENERS) return []
  const text = `${ports} original ports on ${addresses} virtual IPs are ${addresses * ports} listeners, and workers mode has ${MAX_LISTENERS} at most; leave some out, or write forwarding: kernel`
  return [{ path: ['redirects'], text }]
}

/** Each type of check has keys of its own. */
function checkProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  return listAt(raw.redirects).flatMap((redirect, index): readonly Problem[] => {
    const check = fieldAt(redirect, 'check')
    const [type, url] = [fieldAt(check, 'type'), fieldAt(check, 'url')]
    const at = (key: string, text: string): Problem => ({ path: ['redirects', index, 'check', key], text })
    if (type === 'http' && url === undefined) {
      return [at('url', 'is missing; type http needs one, such as http://www.example.com/')]
    }
    if (type !== 'connect') return []
    return ['url', 'expectedStatus']
      .filter((key) => fieldAt(check, key) !== undefined)
      .map((key) => at(key, 'is for type http; leave it out, or write type: http'))
  })
}

/** It is asked in one way, and a program is not looked for: whoever can write to a directory of PATH would be root. */
function agentProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const [command, url] = [fieldAt(raw.agent, 'command'), fieldAt(raw.agent, 'url')]
  if (raw.agent === undefined || raw.agent === null || typeof raw.agent !== 'object') return []
  const isSet = Object.keys(raw.agent).length > 0
  if (isSet && command === undefined && url === undefined) {
    return [{ path: ['agent'], text: 'needs command or url, so that there is something to ask' }]
  }
  if (command !== undefined && url !== undefined) {
    return [{ path: ['agent', 'url'], text: 'cannot stand beside command; leave one of them out' }]
  }
  const [program] = listAt(command)
  if (typeof program !== 'string' || program === '' || program.startsWith('/')) return []
  return [{ path: ['agent', 'command', 0], text: `must be a path that starts with /, is ${program}` }]
}

/** Each is told in one way. */
function notifierProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  return listAt(raw.notify).flatMap((notifier, index): readonly Problem[] => {
    const [command, url] = [fieldAt(notifier, 'command'), fieldAt(notifier, 'url')]
    if (notifier === null || typeof notifier !== 'object') return []
    const path = ['notify', index]
    if (command === undefined && url === undefined)
      return [{ path, text: 'needs command or url, so that somebody is told' }]
    return command === undefined || url === undefined
      ? []
      : [{ path: [...path, 'url'], text: 'cannot stand beside command; make two notifiers of them' }]
  })
}

/** Each has one effect, and a name of its own. */
function scriptProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const seen = new Map<string, number>()
  return listAt(fieldAt(raw.track, 'scripts')).flatMap((script, index): readonly Problem[] => {
    const path = ['track', 'scripts', index]
    if (fieldAt(script, 'weight') !== undefined && fieldAt(script, 'fault') !== undefined) {
      return [{ path, text: 'has both weight and fault; keep one of them' }]
    }
    const [name, command] = [fieldAt(script, 'name'), fieldAt(script, 'command')]
    const words = [command].flat().map(String)
    const called = typeof name === 'string' ? name : command === undefined ? undefined : scriptName(words)
    if (called === undefined) return []
    const first = seen.get(called)
    if (first === undefined) seen.set(called, index)
    return first === undefined
      ? []
      : [{ path, text: `is named ${called}, as track.scripts[${first}] is; give it a name of its own` }]
  })
}

/** In kernel mode a client's slot is looked up whatever port it wants. */
function perPortProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (raw.forwarding !== 'kernel' || fieldAt(raw.health, 'perPort') !== true) return []
  const text = 'is for workers mode; in kernel mode a node is taken out as a whole: leave it out'
  return [{ path: ['health', 'perPort'], text }]
}

/** In kernel mode nobody stands between a client and its node. */
function clientLimitProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const limits = valid(raw, 'limits')
  const most = limits?.connectionsPerClient
  if (raw.forwarding !== 'kernel' || limits === undefined || most === undefined || most >= limits.connections) return []
  const text = 'is for workers mode; in kernel mode clients connect to the proxies themselves: leave it out'
  return [{ path: ['limits', 'connectionsPerClient'], text }]
}

/** In kernel mode the client itself talks to the proxy: nothing could be put before what it says. */
function kernelModeProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (raw.forwarding !== 'kernel') return []
  return listAt(raw.redirects).flatMap((redirect, index) => {
    const header = fieldAt(redirect, 'proxyProtocol')
    if (header !== 'v1' && header !== 'v2') return []
    const text = `${header} is for workers mode; in kernel mode the proxy sees the client's own address: leave it out`
    return [{ path: ['redirects', index, 'proxyProtocol'], text }]
  })
}

/** The ruleset of kernel mode looks whole addresses up. */
function affinityProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  if (raw.forwarding !== 'kernel') return []
  const affinity = valid({ balancing: { affinity: fieldAt(raw.balancing, 'affinity') } }, 'balancing')?.affinity
  if (affinity === undefined || (affinity.ipv4 === BY_ADDRESS.ipv4 && affinity.ipv6 === BY_ADDRESS.ipv6)) return []
  const text = 'a prefix is for workers mode; in kernel mode clients are told apart by whole addresses: leave it out'
  return [{ path: ['balancing', 'affinity'], text }]
}

function clusterProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const named = ['key', 'keys', 'keyFile'].filter((name) => fieldAt(raw.cluster, name) !== undefined)
  if (named.length > 1) {
    const both = named.length === 2 ? 'both ' : ''
    return [{ path: ['cluster'], text: `has ${both}${named.join(' and ')}; keep one of them` }]
  }
  const keys = listAt(fieldAt(raw.cluster, 'keys'))
  const twice = keys.findIndex((key, index) => keys.indexOf(key) < index)
  if (twice >= 0) return [{ path: ['cluster', 'keys', twice], text: 'is there twice; leave one of both out' }]
  if (fieldAt(raw.cluster, 'insecure') !== true || named.length === 0) return []
  return [{ path: ['cluster', 'insecure'], text: 'says that no key is wanted, and there is one; keep one of them' }]
}

function inspectorProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const hasToken = ['token', 'tokens'].some((name) => fieldAt(raw.inspector, name) !== undefined)
  const listen = valid({ inspector: { listen: fieldAt(raw.inspector, 'listen') } }, 'inspector')?.listen
  if (listen === undefined) return []
  const problems: Problem[] = []
  const path = ['inspector', 'listen']
  if (!hasToken && !isLoopback(listen.address)) {
    problems.push({
      path,
      text: `${listen.address} can be reached from elsewhere; set inspector.token, or listen on 127.0.0.1`,
    })
  }
  const taken = listAt(raw.redirects).findIndex((redirect) => fieldAt(redirect, 'proxyPort') === listen.port)
  if (taken >= 0)
    problems.push({ path, text: `port ${listen.port} is the proxyPort of redirects[${taken}]; take another` })
  return problems
}

/** A token is written in one place, and gives one role. */
function tokenProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const listed = listAt(fieldAt(raw.inspector, 'tokens'))
  const written = [fieldAt(raw.inspector, 'token'), ...listed.map((entry) => fieldAt(entry, 'token'))]
  return listed.flatMap((entry, index): readonly Problem[] => {
    const path = ['inspector', 'tokens', index]
    if (entry === null || typeof entry !== 'object') return []
    const [token, tokenFile] = [fieldAt(entry, 'token'), fieldAt(entry, 'tokenFile')]
    if (token === undefined && tokenFile === undefined) return [{ path, text: 'needs token or tokenFile' }]
    if (token !== undefined && tokenFile !== undefined) {
      return [{ path, text: 'has both token and tokenFile; keep one of them' }]
    }
    if (token === undefined || written.indexOf(token) > index) return []
    return [{ path: [...path, 'token'], text: 'is there twice; each token has one role' }]
  })
}

function socketProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const socket = valid(raw, 'control')?.socket
  const bytes = socket === undefined ? 0 : Buffer.byteLength(socket)
  if (bytes <= SOCKET_PATH_BYTES) return []
  return [
    {
      path: ['control', 'socket'],
      text: `is ${bytes} bytes long; a unix socket's path has at most ${SOCKET_PATH_BYTES}`,
    },
  ]
}
