import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { startProgram } from './testbed/processes.ts'

/** The page of a gateway, as a browser on this machine finds it. */
export interface LabPage {
  readonly host: string
  readonly url: string
}

/** A socket of this machine's loopback for the page of each gateway, by host: to be handed on, it answers nobody. */
export async function listenForPages(hosts: readonly string[]): Promise<ReadonlyMap<string, Server>> {
  const servers = hosts.map((host) => [host, createServer((early) => early.destroy()).listen(0, '127.0.0.1')] as const)
  await Promise.all(servers.map(([, server]) => once(server, 'listening')))
  return new Map(servers)
}

/** Hands such a socket to a door on the host; resolves when who comes is let in. */
export async function openPage(host: string, server: Server): Promise<LabPage> {
  const { port } = server.address() as AddressInfo
  await startProgram(host, new URL('./page-door.ts', import.meta.url), []).hand(server)
  return { host, url: `http://127.0.0.1:${port}` }
}
