import { expect, test } from 'vitest'
import { prettyLine } from '../../../runtime/gateway/pretty-line.ts'

const LINE = {
  wallMs: new Date(2026, 2, 5, 7, 8, 9, 12).getTime(),
  actor: 'elector',
  level: 'info',
  text: 'VRRP_Instance(51) Entering MASTER STATE',
} as const

test('a line has its time of day, level and actor in columns, then the text and what goes with it', () => {
  expect(prettyLine(LINE, false)).toBe('07:08:09.012 info  elector        VRRP_Instance(51) Entering MASTER STATE\n')
  const fields = { node: 'saturn', failedPorts: [3128] }
  expect(prettyLine({ ...LINE, actor: 'stats-reporter', level: 'error', text: 'x', fields }, false)).toBe(
    '07:08:09.012 error stats-reporter x node="saturn" failedPorts=[3128]\n',
  )
})

test('in colour warnings are yellow and errors red, and every colour ends', () => {
  const painted = (level: 'warn' | 'error' | 'info') => prettyLine({ ...LINE, level }, true)
  expect(painted('warn')).toContain('\u001b[33mVRRP_Instance')
  expect(painted('error')).toContain('\u001b[31mVRRP_Instance')
  expect(painted('info')).toContain(' VRRP_Instance')
  for (const level of ['warn', 'error', 'info'] as const) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
    expect(painted(level).replaceAll(/\u001b\[\d+m([^\u001b]*)\u001b\[0m/g, '$1')).toBe(
      prettyLine({ ...LINE, level }, false),
    )
  }
})
