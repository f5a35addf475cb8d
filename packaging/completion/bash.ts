import type { CommandEntry, OptionEntry } from '../command-tree.ts'
import { takesFile, wordsOf } from './words.ts'

/** For bash-completion, or to be sourced: commands, their options, and files where an option takes one. */
export function bashCompletion(program: CommandEntry, commands: readonly CommandEntry[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const cases = commands.map((command) => `    ${command.name}) ${caseOf(command.options)} ;;`)
  return `# bash completion for ${program.name}; made from its command line
_${program.name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} files='' others='' options=''
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W '${[names, ...program.options.flatMap(wordsOf)].join(' ')}' -- "$current")
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  COMPREPLY=()
  case $files in *" $previous "*)
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
    return
    ;;
  esac
  # What follows such an option is nothing that is known.
  case $others in *" $previous "*) return ;; esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -F _${program.name} ${program.name}
`
}

function caseOf(options: readonly OptionEntry[]): string {
  const spaced = (chosen: readonly OptionEntry[]) => ` ${chosen.flatMap(wordsOf).join(' ')} `
  const files = options.filter(takesFile)
  const others = options.filter((option) => option.argument !== null && !takesFile(option))
  return `files='${spaced(files)}' others='${spaced(others)}' options='${options.flatMap(wordsOf).join(' ')}'`
}
