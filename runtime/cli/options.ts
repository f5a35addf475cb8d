import { type Command, InvalidArgumentError, Option } from 'commander'
import { KNOWN_SOCKETS } from '../../config/service-folders.ts'
import type { GatewayChoice } from './gateway-client.ts'

/** Adds `-s` and `-c`, by which a command finds the running gateway. */
export function addGatewayOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-s, --socket <path>',
        `control socket of the gateway (default: whichever answers: ${KNOWN_SOCKETS.join(', ')})`,
      ),
    )
    .addOption(new Option('-c, --config <file>', 'take the control socket from this configuration'))
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
