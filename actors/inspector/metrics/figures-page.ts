import { type Metric, type MetricObject, Registry, type RegistryContentType } from 'prom-client'
import type { Histogram } from '../../../runtime/actor-system/inspection/histogram.ts'

/** How figures are written: the text format of Prometheus, or OpenMetrics. */
export type Format = 'prometheus' | 'openMetrics'

export const CONTENT_TYPES = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const

type Labels = Readonly<Record<string, string>>

/** Values by their labels. */
export type Samples = readonly (readonly [labels: Labels, value: number])[]

/** Durations by their labels, in ms. */
export type Durations = readonly (readonly [labels: Labels, took: Histogram])[]

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly values: readonly { readonly labels: Labels; readonly value: number; readonly metricName?: string }[]
}

/** One scrape's figures. They are counted elsewhere, so they are put down as they are. */
export class FiguresPage {
  readonly #families: Family[] = []

  gauge(name: string, help: string, samples: Samples): void {
    this.#add('gauge', name, help, samples)
  }

  counter(name: string, help: string, samples: Samples): void {
    this.#add('counter', name, help, samples)
  }

  durations(name: string, help: string, durations: Durations): void {
    const full = `proxyha_${name}`
    const values = durations.flatMap(([labels, { bounds, counts, sum }]) => {
      let total = 0
      const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, bucket) => {
        total += counts[bucket] ?? 0
        const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : `${bound / 1000}`
        return { labels: { ...labels, le }, value: total, metricName: `${full}_bucket` }
      })
      const [of, all] = [`${full}_sum`, `${full}_count`]
      return [...buckets, { labels, value: sum / 1000, metricName: of }, { labels, value: total, metricName: all }]
    })
    this.#families.push({ name: full, help, type: 'histogram', values })
  }

  /** With those of another registry. */
  async render(format: Format, others: Registry): Promise<string> {
    // A registry writes one format for ever: it changes the names of its metrics by it.
    const written = new Registry<RegistryContentType>()
    written.setContentType(CONTENT_TYPES[format])
    const collected: readonly Family[] = (await others.getMetricsAsJSON()).map(familyOf)
    for (const family of [...this.#families, ...collected]) {
      const name =
        format === 'openMetrics' && family.type === 'counter' ? family.name.replace(/_total$/, '') : family.name
      const metric = { name, type: family.type, get: async () => ({ ...family, name }) }
      // All that a registry asks of a metric.
      written.registerMetric(metric as unknown as Metric)
    }
    return written.metrics()
  }

  #add(type: 'gauge' | 'counter', name: string, help: string, samples: Samples): void {
    const values = samples.map(([labels, value]) => ({ labels, value }))
    this.#families.push({ name: `proxyha_${name}`, help, type, values })
  }
}

/** As prom-client has it, under a type that says more. */
const familyOf = (metric: MetricObject): Family => metric as unknown as Family

/** What is counted by events. */
export const byEvent = (counters: Readonly<Record<string, number>> | undefined): Samples =>
  Object.entries(counters ?? {}).map(([event, count]) => [{ event: snakeCase(event) }, count])

export const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
