/** The capabilities of the unit that is shipped. */
export const UNIT_CAPABILITIES = ['net_admin', 'net_raw', 'net_bind_service', 'sys_nice'] as const
/** Of no account on any machine. */
export const SERVICE_USER = 65_534

/** Words that go before a command: it is run as an ordinary user with these capabilities alone, as systemd starts the unit. */
export function asServiceUser(capabilities: readonly string[] = UNIT_CAPABILITIES): readonly string[] {
  const sets = ['-all', ...capabilities.map((name) => `+${name}`)].join(',')
  return [
    ...['setpriv', `--reuid=${SERVICE_USER}`, `--regid=${SERVICE_USER}`, '--clear-groups', '--no-new-privs'],
    ...[`--inh-caps=${sets}`, `--ambient-caps=${sets}`, `--bounding-set=${sets}`],
  ]
}
