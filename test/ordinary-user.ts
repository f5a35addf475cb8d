/** Of no account on any machine. */
const NOBODY = 65_534

/** Runs it with the rights of an ordinary user, whom file modes bind; root is bound by none. */
export async function asOrdinaryUser(act: () => void | Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(NOBODY)
  try {
    await act()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}
