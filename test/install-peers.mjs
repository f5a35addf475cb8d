// Installs the real peers that the namespace tests talk to (keepalived, squid, HAProxy, ...), where it may: as root on a
// Debian machine. Elsewhere it says what is missing, and the tests that need it are skipped by name.
// More programs, each of the package of its name, may follow on the command line.
// Nothing is started: a policy-rc.d that refuses every start is in place while apt runs.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** program -> Debian package */
const PEERS = {
  ...Object.fromEntries(process.argv.slice(2).map((program) => [program, program])),
  ip: 'iproute2',
  nft: 'nftables',
  keepalived: 'keepalived',
  haproxy: 'haproxy',
  nginx: 'nginx',
  squid: 'squid',
  tcpdump: 'tcpdump',
  arping: 'arping',
  curl: 'curl',
  wrk: 'wrk',
  microsocks: 'microsocks',
  'c-icap': 'c-icap',
  vsftpd: 'vsftpd',
  chromium: 'chromium',
  mandoc: 'mandoc',
  rsyslogd: 'rsyslog',
  'systemd-analyze': 'systemd',
  promtool: 'prometheus',
}
const PATHS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin']
const missing = Object.entries(PEERS)
  .filter(([program]) => !PATHS.some((path) => existsSync(`${path}/${program}`)))
  .map(([, name]) => name)
if (!existsSync('/usr/lib/nginx/modules/ngx_stream_module.so') && !missing.includes('nginx')) {
  missing.push('libnginx-mod-stream')
} else if (missing.includes('nginx')) missing.push('libnginx-mod-stream')

if (missing.length > 0) {
  const how = `apt-get install --no-install-recommends ${missing.join(' ')}`
  const may = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && process.env.PROXYHA_NO_INSTALL === undefined
  if (!may) {
    console.error(`Tests against real peers will be skipped; as root: ${how}`)
  } else {
    const policy = '/usr/sbin/policy-rc.d'
    const ours = !existsSync(policy)
    if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    try {
      console.error(`Installing what the tests talk to: ${missing.join(' ')}`)
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
      spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore', env })
      execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env,
      })
    } catch (cause) {
      console.error(`apt-get failed (${cause.message}); install by hand: ${how}`)
    } finally {
      if (ours) rmSync(policy, { force: true })
    }
  }
}
