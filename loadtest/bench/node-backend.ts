/** The backend where nginx is not installed: `node node-backend.ts PORT`. */
import { createServer } from 'node:http'

const short = Buffer.from('hello\n')
const long = Buffer.alloc(1_000_000, 'x')

const server = createServer((request, response) => {
  const body = request.url === '/1m' ? long : short
  response.writeHead(200, { 'content-length': body.length }).end(body)
})
server.keepAliveTimeout = 300_000
server.listen({ port: Number(process.argv[2]), host: '0.0.0.0', backlog: 4096 })
