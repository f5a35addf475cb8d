/**
 * `node:http`, without what an `import` of it costs: that reads all that the module exports, and with some of it Node.js loads an HTTP client
 * of its own, 50 ms of CPU and 5 MB for each thread.
 */
export const http = process.getBuiltinModule('node:http')
