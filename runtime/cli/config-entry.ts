import { parentPort, workerData } from 'node:worker_threads'
import type { ConfigBirth } from './config-thread.ts'
import { readGatewayConfig } from './gateway-configuration.ts'
import { linuxHost } from './linux-host.ts'

// The first thing that the thread of `loadConfigInThread` runs, and all that it does.
const { path, held, goesBy } = workerData as ConfigBirth
parentPort?.postMessage(await readGatewayConfig(path, linuxHost, { held, goesBy }))
