import { gatewayJsonSchema } from '../config/schema.ts'
import { loadCommandLine } from '../runtime/cli/program.ts'
import { readVersion } from '../runtime/gateway/version.ts'
import { commandsOf, entryOf } from './command-tree.ts'
import { bashCompletion } from './completion/bash.ts'
import { zshCompletion } from './completion/zsh.ts'
import { configurationPage, type SchemaNode } from './man/configuration-page.ts'
import { programPage } from './man/program-page.ts'

/** `date`: `2026-11-30`. By their names: `proxyha.8`, `gateway.yaml.5`, and the completions as their shells look for them. */
export async function generatedFiles(date: string): Promise<ReadonlyMap<string, string>> {
  const program = (await loadCommandLine())()
  const commands = commandsOf(program)
  const itself = entryOf(program)
  const edition = { version: readVersion(), date }
  return new Map([
    ['proxyha.8', programPage(itself, commands, edition)],
    ['gateway.yaml.5', configurationPage(gatewayJsonSchema() as SchemaNode, edition)],
    ['proxyha.bash', bashCompletion(itself, commands)],
    ['_proxyha', zshCompletion(itself, commands)],
  ])
}
