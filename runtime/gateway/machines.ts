import type { PureMachine } from '../actor-system/recording/replay.ts'

/** The machines of a gateway by their names, for who replays what they took. Each is loaded by itself. */
export const machines: Readonly<Record<string, () => Promise<PureMachine>>> = {
  elector: async () => (await import('../../actors/elector/machine.ts')).electorMachine,
  announcer: async () => (await import('../../actors/announcer/machine.ts')).announcerMachine,
  discovery: async () => (await import('../../actors/discovery/machine.ts')).discoveryMachine,
  dispatcher: async () => (await import('../../actors/dispatcher/machine.ts')).dispatcherMachine,
  'fast-path': async () => (await import('../../actors/fast-path/machine.ts')).fastPathMachine,
  watcher: async () => (await import('../../actors/watcher/machine.ts')).watcherMachine,
  'port-monitor': async () => (await import('../../actors/port-monitor/machine.ts')).portMonitorMachine,
  scripts: async () => (await import('../../actors/port-monitor/scripts.ts')).scriptsMachine,
  'stats-reporter': async () => (await import('../../actors/stats-reporter/machine.ts')).statsReporterMachine,
  agent: async () => (await import('../../actors/stats-reporter/agent.ts')).agentMachine,
  notifier: async () => (await import('../../actors/notifier/machine.ts')).notifierMachine,
}
