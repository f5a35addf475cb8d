import { expect, test } from 'vitest'
import { DEFAULT_SOCKET } from '../../config/gateway-config.ts'
import { KNOWN_SOCKETS, ownSocket, SERVICE_SOCKET, stateFolder, statePath } from '../../config/service-folders.ts'

test.each([
  [{}, DEFAULT_SOCKET],
  [{ RUNTIME_DIRECTORY: '/run/proxyha' }, SERVICE_SOCKET],
  [{ RUNTIME_DIRECTORY: '/run/second:/run/other' }, '/run/second/proxyha.sock'],
  [{ RUNTIME_DIRECTORY: '' }, DEFAULT_SOCKET],
  [{ RUNTIME_DIRECTORY: 'relative' }, DEFAULT_SOCKET],
])('with %j the control socket is %s', (environment, socket) => {
  expect(ownSocket(environment)).toBe(socket)
})

test('commands know both places', () => {
  expect(KNOWN_SOCKETS).toEqual(['/run/proxyha.sock', '/run/proxyha/proxyha.sock'])
})

test('that a node drains is kept in the folder for what outlives a reboot, else beside the control socket', () => {
  const state = stateFolder({ STATE_DIRECTORY: '/var/lib/proxyha:/var/lib/other' })
  expect(statePath('/run/proxyha/proxyha.sock', state, 'draining')).toBe('/var/lib/proxyha/proxyha.sock.draining')
  expect(statePath('/run/proxyha.sock', stateFolder({}), 'draining')).toBe('/run/proxyha.sock.draining')
})
