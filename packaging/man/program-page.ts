import type { CommandEntry } from '../command-tree.ts'
import { type Edition, item, page, paragraph, prose, section, subsection, title } from './roff.ts'

/** Files and variables that no help of a single command has. */
const FILES = [
  ['/etc/proxyha/gateway.yaml', 'The configuration, see gateway.yaml(5).'],
  ['/run/proxyha/proxyha.sock, /run/proxyha.sock', 'The control socket, as a service and otherwise.'],
  ['/var/lib/proxyha', 'As a service: that this node drains, which outlives a reboot.'],
] as const
const ENVIRONMENT = [
  ['PROXYHA_NODE', 'The Node.js (24 or later) to run with.'],
  ['RUNTIME_DIRECTORY', 'Where the control socket is made that no configuration names.'],
  ['STATE_DIRECTORY', 'Where it is kept that this node drains; else beside the control socket.'],
  ['NOTIFY_SOCKET, WATCHDOG_USEC', 'Whom "run" tells that it is ready, lives, reloads and stops, see sd_notify(3).'],
] as const

/** proxyha(8), from the texts of --help. */
export function programPage(program: CommandEntry, commands: readonly CommandEntry[], edition: Edition): string {
  return page(
    title(program.name, 8, edition),
    section('NAME', `${program.name} \\- high availability and load balancing for a group of proxy gateways`),
    section('SYNOPSIS', `.B ${program.name}`, '.I COMMAND', '[options]'),
    section('DESCRIPTION', paragraph(program.description), paragraph(`Each command has --help, with the same texts.`)),
    section('OPTIONS', ...program.options.map(({ flags, description }) => item(flags, description))),
    section('COMMANDS', ...commands.map((command) => commandPart(program.name, command))),
    section('EXIT STATUS', prose(program.text.replace(/^Exit codes: /, ''))),
    section('FILES', ...FILES.map(([name, meaning]) => item(name, meaning))),
    section('ENVIRONMENT', ...ENVIRONMENT.map(([name, meaning]) => item(name, meaning))),
    section('SEE ALSO', '.BR gateway.yaml (5),', '.BR nft (8),', '.BR systemctl (1)'),
  )
}

function commandPart(program: string, { name, description, operands, options, text }: CommandEntry): string {
  return subsection(
    [program, name, ...operands, ...(options.length > 0 ? ['[options]'] : [])].join(' '),
    paragraph(`${description[0]?.toUpperCase()}${description.slice(1)}.`),
    ...options.map((option) => item(option.flags, option.description)),
    prose(text),
  )
}
