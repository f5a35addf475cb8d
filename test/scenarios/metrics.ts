import { request } from 'node:http'

/** The samples of one metric by the value of one of its labels; of those whose labels contain `only`, where given. */
export type Metrics = (name: string, label: string, only?: string) => Readonly<Record<string, number>>

/** One look at the metrics page of a gateway. */
export async function readMetrics(socketPath: string): Promise<Metrics> {
  const page = await readPage(socketPath)
  return (name, label, only = '') => {
    const samples: Record<string, number> = {}
    for (const [, labels = '', value] of page.matchAll(new RegExp(`^${name}\\{(.*?)\\} (\\S+)$`, 'gm'))) {
      const key = new RegExp(`${label}="(.*?)"`).exec(labels)?.[1]
      if (key !== undefined && labels.includes(only)) samples[camelCase(key)] = Number(value)
    }
    return samples
  }
}

function readPage(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/metrics', timeout: 10_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error('no metrics')))
    asked.end()
  })
}

/** Events have in the metrics the names that counters have in the status, in snake case. */
const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
