/** What is behind the VIP on every node: accepts and closes. The kernel makes the handshake. `node service.ts PORT` */
import { createServer } from 'node:net'

const backlog = 4096

createServer((socket) => {
  socket.on('error', () => {})
  socket.destroy()
}).listen({ host: '0.0.0.0', port: Number(process.argv[2]), backlog })
