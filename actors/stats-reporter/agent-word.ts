import type { AgentWord } from '../discovery/messages.ts'

const WORDS: Readonly<Record<string, AgentWord>> = {
  up: { share: 1, down: false },
  ready: { share: 1, down: false },
  drain: { share: 0, down: false },
  down: { share: 0, down: true },
  fail: { share: 0, down: true },
  stopped: { share: 0, down: true },
  maint: { share: 0, down: true },
}
const PERCENT = /^(\d{1,3}(?:\.\d{1,3})?)%$/

/**
 * What an agent has said, as HAProxy's agent-check has it: words and a percentage in the first line, apart by blanks or commas, such as
 * `up`, `75%`, `up 75%`, `drain`, `down`; what is behind a `#` is for people. The least that is said counts. Undefined where
 * there is something else, or nothing.
 */
export function parseAgentWord(text: string): AgentWord | undefined {
  const [line = ''] = text.trim().split(/[\r\n]/)
  const [meant = ''] = line.split('#')
  const words = meant
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  const parsed = words.map((word) => (Object.hasOwn(WORDS, word) ? WORDS[word] : percentage(word)))
  if (parsed.length === 0 || !parsed.every((word) => word !== undefined)) return undefined
  return { share: Math.min(...parsed.map(({ share }) => share)), down: parsed.some(({ down }) => down) }
}

function percentage(word: string): AgentWord | undefined {
  const percent = Number(PERCENT.exec(word)?.[1])
  return percent <= 100 ? { share: percent / 100, down: false } : undefined
}
