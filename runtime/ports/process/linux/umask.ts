import koffi from 'koffi'

const umask: (mask: number) => number = koffi.load(null).func('uint32_t umask(uint32_t)')
const OWNER_ONLY = 0o177

/**
 * What `make` makes in the file system is its owner's alone from the first moment on, not only once its mode was changed. Works in every thread, where
 * `process.umask` does not; it is the whole process's, so `make` must be short, and what another thread makes meanwhile is private too.
 */
export function privately<Value>(make: () => Value): Value {
  const before = umask(OWNER_ONLY)
  try {
    return make()
  } finally {
    umask(before)
  }
}
