import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** The first line that a command prints about its version; undefined where it is not installed. */
export function versionOf(command: string, flag: string): string | undefined {
  const { error, stdout, stderr } = spawnSync(command, [flag], { encoding: 'utf8' })
  return error ? undefined : `${stdout}${stderr}`.split('\n')[0]
}

/** Debian and its relatives build stream as a module of its own. Undefined where there is none: it may be built in. */
export function nginxStreamModule(): string | undefined {
  const places = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/usr/share/nginx/modules']
  return places.map((place) => `${place}/ngx_stream_module.so`).find((path) => existsSync(path))
}
