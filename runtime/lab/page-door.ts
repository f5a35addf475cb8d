/**
 * Where a browser on this machine looks into the lab: `node page-door.ts` runs on a gateway's host and is sent a
 * socket that listens in the network of the lab's caller. A socket stays in the network in which it was made,
 * whoever has it:
 *
 *     browser ── 127.0.0.1:PORT of the machine ──> page door ──> 127.0.0.1:9253 of the gateway's host ──> inspector
 *
 * So nothing of the machine's network is changed, and the inspector sees somebody on its own host, who may look only.
 */
import { connect, type Server, type Socket } from 'node:net'

const inspectorPort = 9253
/** As many as the inspector takes. */
const connectionsMost = 64

function letIn(browser: Socket): void {
  const inspector = connect(inspectorPort, '127.0.0.1')
  browser.pipe(inspector)
  inspector.pipe(browser)
  // A gateway that is off refuses; whoever waits for the other end is told by its end.
  const end = (): void => {
    browser.destroy()
    inspector.destroy()
  }
  for (const socket of [browser, inspector]) socket.on('error', end).on('close', end)
}

process.on('message', (_message, server: Server) => {
  server.maxConnections = connectionsMost
  server.on('connection', letIn)
})
process.on('disconnect', () => process.exit())
