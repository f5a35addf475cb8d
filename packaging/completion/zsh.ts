import type { CommandEntry, OptionEntry } from '../command-tree.ts'
import { takesFile, wordsOf } from './words.ts'

/** For a folder of `fpath`, as `_proxyha`: the same as for bash, with the descriptions. */
export function zshCompletion(program: CommandEntry, commands: readonly CommandEntry[]): string {
  const names = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`)
  const cases = commands.map(({ name, options, operands }) => {
    const parts = [...options.map(specification), ...operands.map((operand) => quoted(`:${operand}: `))]
    return `    ${name}) _arguments ${parts.join(' ')} ;;`
  })
  return `#compdef ${program.name}
# zsh completion for ${program.name}; made from its command line
_${program.name}() {
  local -a commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe -t commands command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${cases.join('\n')}
  esac
}
_${program.name} "$@"
`
}

/** `(-c --config)'{-c,--config}'[text]:file:_files` of _arguments. */
function specification(option: OptionEntry): string {
  const words = wordsOf(option)
  const text = option.description.replaceAll(/[[\]:]/g, '\\$&')
  const rest = option.argument === null ? '' : `:${option.argument}:${takesFile(option) ? '_files' : ' '}`
  const [only = ''] = words
  return words.length === 1
    ? quoted(`${only}[${text}]${rest}`)
    : `${quoted(`(${words.join(' ')})`)}{${words.join(',')}}${quoted(`[${text}]${rest}`)}`
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
