import { isIP } from 'node:net'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { KNOWN_SOCKETS } from '../../config/service-folders.ts'
import type { GatewayChoice } from './gateway-client.ts'
import { parseHost } from './tcp-door.ts'

/** Adds `-s`, `-c`, `--host` and `--token-file`, by which a command finds the running gateway. */
export function addGatewayOptions(command: Command): Command {
  return addHostOptions(
    command
      .addOption(new Option('-s, --socket <path>', `control socket (default: ${KNOWN_SOCKETS.join(', ')})`))
      .addOption(new Option('-c, --config <file>', 'take the control socket from this configuration')),
    ['socket', 'config'],
  )
}

/** Adds `--host` and `--token-file`, which go with none of those others. */
export function addHostOptions(command: Command, others: readonly string[]): Command {
  return command
    .addOption(
      new Option('--host <url>', 'a gateway on another host, by the address of its inspector')
        .argParser(parseHost)
        .conflicts([...others]),
    )
    .addOption(new Option('--token-file <file>', 'with --host: the token that it asks for'))
}

/** An IP address without a zone, or commander's error about it. */
export function clientAddress(text: string): string {
  if (isIP(text) === 0 || text.includes('%')) throw new InvalidArgumentError('It must be an IP address.')
  return text
}

/** A whole number of `least..most`, or commander's error about it. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be ${least}..${most}.`)
  }
}

/** The options of a command that prints for people, or JSON. */
export interface PrintOptions extends GatewayChoice {
  readonly json?: boolean
}

/** Registers a command's work: what it returns is run once the command line is understood. */
export type Choose = (action: () => Promise<number>) => void
