/** A stand-in for a proxy, where nothing is asked of it but that it listens: a script for `node -e`. */
export const listeningProxy = (port: number, host = '::'): string =>
  // A gateway that tries it breaks off; where it does so late, that is an error of a connection, which must not end the proxy.
  `require('node:net').createServer((socket) => socket.on('error', () => {})).listen(${port}, '${host}', () => console.log('listening'))`
