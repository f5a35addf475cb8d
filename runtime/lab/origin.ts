/** The lab's origin web server, which the clients reach through the gateways: `node origin.ts PORT`. */
import { createServer } from 'node:http'

const body = 'a page of the origin server\n'

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body)
}).listen(Number(process.argv[2]), '0.0.0.0')
