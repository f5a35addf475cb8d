import { execFile } from 'node:child_process'
import { withoutSecrets } from '../../../wire/url-text.ts'
import { type Result, refused } from '../../result.ts'
import { AGENT_ANSWER_MAX, type Agent, type AgentQuestion } from '../agent.ts'

type CommandQuestion = AgentQuestion & { readonly type: 'command' }
type HttpQuestion = AgentQuestion & { readonly type: 'http' }

/** Refusals: `EAGENT`, with what came instead. */
export function openLinuxAgent(): Agent {
  const closing = new AbortController()
  return {
    async ask(question) {
      const signal = AbortSignal.any([AbortSignal.timeout(question.timeoutMs), closing.signal])
      try {
        return question.type === 'command' ? await said(question, signal) : await fetched(question, signal)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        return refused('EAGENT', signal.aborted ? `gave no answer within ${question.timeoutMs} ms` : reason)
      }
    },
    close: () => closing.abort(),
  }
}

function said({ command: [program = '', ...words] }: CommandQuestion, signal: AbortSignal): Promise<Result<string>> {
  const { promise, resolve, reject } = Promise.withResolvers<Result<string>>()
  const limits = { signal, killSignal: 'SIGKILL', maxBuffer: AGENT_ANSWER_MAX, encoding: 'utf8' } as const
  execFile(program, words, limits, (error, stdout) => {
    if (error === null) resolve({ ok: true, value: stdout })
    else if (signal.aborted) reject(error)
    else resolve(refused('EAGENT', reasonOf(program, error.code)))
  })
  return promise
}

function reasonOf(program: string, code: string | number | null | undefined): string {
  if (code === 'ENOENT') return `${program} is not there`
  if (code === 'EACCES') return `${program} may not be executed`
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `${program} printed more than ${AGENT_ANSWER_MAX} characters`
  return typeof code === 'number' ? `${program} ended with ${code}` : `${program} was ended (${code})`
}

async function fetched({ url }: HttpQuestion, signal: AbortSignal): Promise<Result<string>> {
  // Only who has such an agent has it in memory.
  const { request } = await import('undici')
  const { statusCode, body } = await request(url, { signal })
  let text = ''
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk
    if (text.length > AGENT_ANSWER_MAX) break
  }
  if (statusCode < 200 || statusCode > 299)
    return refused('EAGENT', `${withoutSecrets(url)} answers with status ${statusCode}`)
  if (text.length > AGENT_ANSWER_MAX)
    return refused('EAGENT', `${withoutSecrets(url)} answers with more than ${AGENT_ANSWER_MAX} characters`)
  return { ok: true, value: text }
}
