/**
 * The lab's embedded HTTP forward proxy: `node forward-proxy.ts NAME PORT`. It stands for the real proxy beside a
 * gateway, forwards requests in absolute form (RFC 9112 §3.2.2) and says in each response who served it.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

const [name = '', port = ''] = process.argv.slice(2)
const upstream = new Agent({ keepAlive: true })

/** Headers of one hop only (RFC 9110 §7.6.1); what they say does not hold for the next. */
const hopByHop = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']

function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const target = URL.parse(incoming.url ?? '')
  if (target?.protocol !== 'http:') {
    response.writeHead(400, { 'x-served-by': name }).end('a forward proxy takes http://host/path only\n')
    return
  }
  const outgoing = request(target, { method: incoming.method, agent: upstream, headers: endToEnd(incoming.headers) })
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, { ...endToEnd(answer.headers), 'x-served-by': name })
    answer.pipe(response)
  })
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502, { 'x-served-by': name }).end('the origin does not answer\n')
  })
  response.on('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([header]) => !hopByHop.includes(header)))
}

// Unbound, as proxyha asks of a proxy: the VIP moves, and its connections come to whatever address the node has.
createServer(forward).listen(Number(port), '0.0.0.0')
