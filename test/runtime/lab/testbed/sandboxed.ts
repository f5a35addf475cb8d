/** What the sandbox's tests run inside it: `node sandboxed.ts exit CODE | linger | cable`. */
import { startProcess } from '../../../../runtime/lab/testbed/processes.ts'
import { settleInSandbox } from '../../../../runtime/lab/testbed/sandbox.ts'
import { buildTopology, ip, setCable } from '../../../../runtime/lab/testbed/topology.ts'

const [mode, code] = process.argv.slice(2)
settleInSandbox(() => process.exit(130))
buildTopology({
  bridge: 'lan',
  prefixLength: 24,
  hosts: { one: ['10.0.0.1'], two: ['10.0.0.2', '10.0.0.3'] },
})

function stateOfOne(): string {
  return JSON.parse(ip(['-n', 'one', '-j', 'link', 'show', 'dev', 'eth0']))[0].operstate
}

if (mode === 'exit') {
  process.stdout.write(ip(['-n', 'two', '-br', '-4', 'addr', 'show', 'dev', 'eth0']))
  process.exit(Number(code))
}
if (mode === 'linger') {
  startProcess({ host: 'one', command: 'sleep', args: ['1000'] })
  process.stdout.write('ready\n')
}
if (mode === 'cable') {
  const states = [stateOfOne()]
  for (const plugged of [false, true]) {
    setCable('one', plugged)
    states.push(stateOfOne())
  }
  process.stdout.write(`${states.join(' ')}\n`)
  process.exit(0)
}
