import type { GroupPlan } from '../../runtime/lab/testbed/gateway.ts'
import {
  backendIps,
  backendPort,
  directorIp,
  haproxyPort,
  nginxPort,
  prefixLength,
  proxyhaPort,
  virtualIp,
} from './network.ts'

/** The group under test. */
export const groupPlan = (forwarders: number): GroupPlan => ({
  virtualIp: `${virtualIp}/${prefixLength}`,
  redirect: `protocol: http, originalPorts: [${proxyhaPort}], proxyPort: ${backendPort}`,
  settings: `forwarding: workers
forwarders: { count: ${forwarders} }
inspector: { listen: 127.0.0.1:9253 }`,
})

/** HAProxy as a TCP balancer that keeps a source at its backend, as proxyha does. */
export function haproxyConf(threads: number): string {
  return `global
  nbthread ${threads}
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend test
  bind ${directorIp}:${haproxyPort}
  default_backend backends
backend backends
  balance source
  hash-type consistent
${backendIps.map((ip, index) => `  server backend-${index} ${ip}:${backendPort}`).join('\n')}
`
}

/** nginx as a TCP balancer that keeps a source at its backend. `streamModule` is loaded where stream is not built in. */
export function nginxStreamConf(workers: number, directory: string, streamModule: string | undefined): string {
  return `${nginxHead(workers, directory, 'stream', streamModule)}
stream {
  upstream backends {
    hash $remote_addr consistent;
${backendIps.map((ip) => `    server ${ip}:${backendPort};`).join('\n')}
  }
  server {
    listen ${directorIp}:${nginxPort} reuseport backlog=4096;
    proxy_pass backends;
  }
}
`
}

/** The backend: a short answer at /, and what is in the directory (1 MB at /1m). Connections are kept for good. */
export function nginxBackendConf(workers: number, directory: string, name: string): string {
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `${nginxHead(workers, directory, name, undefined)}
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10;
${scratch.map((kind) => `  ${kind}_temp_path ${directory}/${name}-${kind};`).join('\n')}
  server {
    listen 0.0.0.0:${backendPort} reuseport backlog=4096;
    location = / { default_type text/plain; return 200 "hello\\n"; }
    location / { root ${directory}; }
  }
}
`
}

function nginxHead(workers: number, directory: string, name: string, module: string | undefined): string {
  // `user root`: without real root there is no other user to become, and the sandbox holds nothing to protect.
  return `${module === undefined ? '' : `load_module ${module};\n`}user root;
daemon off;
worker_processes ${workers};
pid ${directory}/${name}.pid;
error_log stderr error;
events { worker_connections 8000; }`
}
