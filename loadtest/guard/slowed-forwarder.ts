/**
 * Preloaded (`node --import`) into a gateway: its threads that wait in epoll_wait work SLOWED_PERCENT longer for what they do between two
 * waits. So that the guard can be seen to notice.
 */
import koffi from 'koffi'

const part = Number(process.env.SLOWED_PERCENT ?? 0) / 100
const load = koffi.load.bind(koffi)

type Call = (...parameters: unknown[]) => unknown

function slowed(wait: Call): Call {
  let wokenAt = performance.now()
  return (...parameters) => {
    const worked = performance.now() - wokenAt
    const until = performance.now() + worked * part
    while (performance.now() < until);
    const result = wait(...parameters)
    wokenAt = performance.now()
    return result
  }
}

koffi.load = (...parameters: Parameters<typeof load>) => {
  const library = load(...parameters)
  const func = library.func.bind(library) as (...words: unknown[]) => Call
  const slowedFunc = (...words: unknown[]): Call => {
    const call = func(...words)
    return words.some((word) => String(word).includes('epoll_wait')) ? slowed(call) : call
  }
  // A library's own properties are read-only.
  return { func: slowedFunc, symbol: library.symbol.bind(library) } as unknown as typeof library
}
