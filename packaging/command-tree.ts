/** The command line as data: what man pages and completions are made from. */
import type { Command, Option } from 'commander'

export interface OptionEntry {
  /** As in the help: `-c, --config <file>`. */
  readonly flags: string
  readonly short: string | null
  readonly long: string | null
  /** What follows it: `file`; null: nothing. */
  readonly argument: string | null
  /** With its default. */
  readonly description: string
}

export interface CommandEntry {
  readonly name: string
  readonly description: string
  /** As in the help: `<node>`. */
  readonly operands: readonly string[]
  readonly options: readonly OptionEntry[]
  /** What the help has behind all that: paragraphs, exit codes, examples. */
  readonly text: string
}

/** The commands of a program that its help shows, without `help`. */
export function commandsOf(program: Command): readonly CommandEntry[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map(entryOf)
}

/** The program itself: its own options. */
export function entryOf(command: Command): CommandEntry {
  const help = command.createHelp()
  return {
    name: command.name(),
    description: command.description(),
    operands: command.registeredArguments.map((operand) =>
      operand.required ? `<${operand.name()}>` : `[${operand.name()}]`,
    ),
    options: help.visibleOptions(command).map((option) => optionEntry(option, help.optionDescription(option))),
    text: textBehind(command),
  }
}

function optionEntry(option: Option, description: string): OptionEntry {
  const { flags, short = null, long = null } = option
  return { flags, short, long, argument: /<([^>]+)>/.exec(flags)?.[1] ?? null, description }
}

function textBehind(command: Command): string {
  let printed = ''
  command.configureOutput({ writeOut: (text) => (printed += text) })
  command.outputHelp()
  return printed.slice(command.helpInformation().length).trim()
}
