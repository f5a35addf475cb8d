import { parseAgentWord } from '../../../actors/stats-reporter/agent-word.ts'
import { bytesOf, type FuzzTarget, holds, same, textOf } from '../target.ts'

/** What an agent says of its node. */
export const agentWord: FuzzTarget = {
  name: 'agent-word',
  mostBytes: 1100,
  seeds: ['up', '75%', 'up 75%', 'drain', 'down # maintenance\nup', 'ready, 50.5%', 'FAIL', 'stopped', 'maint'].map(
    bytesOf,
  ),
  words: [
    '%',
    '100%',
    '100.001%',
    'up',
    'ready',
    'drain',
    'down',
    'fail',
    'stopped',
    'maint',
    '#',
    ',',
    '__proto__',
    'constructor',
    '\u0130',
  ],
  run(input) {
    const text = textOf(input)
    const word = parseAgentWord(text)
    if (word === undefined) return 'nothing'
    holds(word.share >= 0 && word.share <= 1, 'a share is 0..1')
    holds(!word.down || word.share === 0, 'who is down has no share')
    same(parseAgentWord(text.split(/[\r\n#]/).find((part) => part.trim() !== '')!), word, 'only the first line counts')
    return `${Math.ceil(word.share * 4)} ${word.down}`
  },
}
