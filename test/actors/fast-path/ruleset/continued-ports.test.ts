import { describe, expect, test } from 'vitest'
import {
  type ContinuedPort,
  continuedPorts,
  ENDING_PORTS_MAX,
  firstPorts,
  portMappingProblem,
  redirectsOf,
} from '../../../../actors/fast-path/ruleset/continued-ports.ts'
import { portMappingOf } from '../../../../actors/fast-path/ruleset/port-mapping.ts'

const to = (proxyPort: number, ...originalPorts: readonly number[]) => ({ originalPorts, proxyPort })
const written = (ports: readonly ContinuedPort[]) =>
  ports.map(({ originalPort, proxyPort, ending }) => `${originalPort} -> ${proxyPort}${ending ? ' ending' : ''}`)
const tracked = (ports: readonly ContinuedPort[]) =>
  portMappingOf(redirectsOf(ports)).tracked.map(({ originalPort }) => originalPort)

describe('original ports when other redirects are wanted', () => {
  const before = firstPorts([to(3128, 8080), to(3129, 9090)])

  test('what is wanted as before goes on, what is new comes after it, wherever it is in the file', () => {
    const { ports, cut } = continuedPorts(before, [to(3128, 8081, 8080), to(3129, 9090)])
    expect(written(ports)).toEqual(['8080 -> 3128', '9090 -> 3129', '8081 -> 3128'])
    expect(cut).toEqual([])
  })

  test('the first of one proxy port keeps its way: only who comes later is tracked', () => {
    expect(tracked(continuedPorts(before, [to(3128, 8081, 8080), to(3129, 9090)]).ports)).toEqual([8081])
  })

  test('what is wanted no more ends, and begins anew when it is wanted again', () => {
    const removed = continuedPorts(before, [to(3128, 8080)])
    expect(written(removed.ports)).toEqual(['8080 -> 3128', '9090 -> 3129 ending'])
    expect(removed.cut).toEqual([])
    expect(written(continuedPorts(removed.ports, [to(3128, 8080), to(3129, 9090)]).ports)).toEqual(written(before))
  })

  test('what leads elsewhere is cut', () => {
    const { ports, cut } = continuedPorts(before, [to(3128, 8080), to(3130, 9090)])
    expect(written(ports)).toEqual(['8080 -> 3128', '9090 -> 3130'])
    expect(cut).toEqual([{ originalPort: 9090, proxyPort: 3129 }])
  })

  test('a port that ends makes way for one that goes on', () => {
    const ending = continuedPorts(before, [to(3128, 8080)]).ports
    // 8080 is rewritten to 3128, which would be taken on to 3129: so it would be tracked, if 9090 were there.
    const { ports, cut } = continuedPorts(ending, [to(3128, 8080), to(3129, 3128)])
    expect(written(ports)).toEqual(['8080 -> 3128', '3128 -> 3129'])
    expect(cut).toEqual([{ originalPort: 9090, proxyPort: 3129 }])
  })

  test(`at most ${ENDING_PORTS_MAX} end at a time: of more the oldest are cut`, () => {
    const originalPorts = Array.from({ length: ENDING_PORTS_MAX + 2 }, (_, index) => 10_000 + index)
    const { ports, cut } = continuedPorts(firstPorts([to(3128, ...originalPorts), to(3129, 80)]), [to(3129, 80)])
    expect(ports).toHaveLength(ENDING_PORTS_MAX + 1)
    expect(cut.map(({ originalPort }) => originalPort)).toEqual([10_000, 10_001])
  })
})

describe('refused are redirects by which open connections would be rewritten in another way', () => {
  test('a proxy port that is an original port as well, from now on', () => {
    expect(portMappingProblem([to(3128, 8080)], [to(3128, 8080, 3128)])).toMatch(/^redirects: .* port 8080 .* 3128/)
  })

  test('all else is not', () => {
    expect(portMappingProblem([to(3128, 8080)], [to(3128, 8079, 8080), to(9090, 9090)])).toBeNull()
    expect(portMappingProblem([to(3128, 8080)], [to(3129, 8080)])).toBeNull()
    expect(portMappingProblem([to(3128, 8080, 3128)], [to(3128, 3128)])).toBeNull()
  })
})
