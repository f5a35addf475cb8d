/**
 * Opens a new connection to the VIP every 5 ms and says when each was established: what a failover costs is the longest
 * time in which none was. It asks for nothing and closes at once.
 */
import { connect } from 'node:net'
import { originalPort, proberIp, virtualIp } from './plan.ts'
import { monotonicMs, type ProberReport } from './traffic.ts'

const intervalMs = 5
const timeoutMs = 1000
const reportMs = 50

let connectedAtMs: number[] = []
let failed = 0

function probe(): void {
  const socket = connect({ host: virtualIp, port: originalPort, localAddress: proberIp })
  socket.setTimeout(timeoutMs)
  socket.on('connect', () => {
    connectedAtMs.push(monotonicMs())
    // A reset instead of a FIN: 200 connections a second would leave 12,000 sockets in TIME_WAIT.
    socket.resetAndDestroy()
  })
  const giveUp = () => {
    failed++
    socket.destroy()
  }
  socket.on('timeout', giveUp)
  socket.on('error', giveUp)
}

setInterval(probe, intervalMs)
setInterval(() => {
  const report: ProberReport = { connectedAtMs, failed }
  connectedAtMs = []
  failed = 0
  process.send?.(report)
}, reportMs)

process.on('disconnect', () => process.exit())
