import type { Checked } from '../../config/problems.ts'
import type { GatewayFile } from '../../config/schema.ts'

/** Reads and checks a file, every mistake a line. What does it takes 100 ms to load: only commands that come to read one wait for it. */
export const readConfig = async (path: string): Promise<Checked<GatewayFile>> =>
  (await import('../../config/load.ts')).loadConfig(path)
