import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isAlive } from './is-alive.js'

test('a process that only computes ends when the program is killed, and its temporary files go', async () => {
  const parent = spawn(process.execPath, [fileURLToPath(new URL('./spinning-child.js', import.meta.url))])
  const text = await new Promise<string>((resolve) => parent.stdout.once('data', (chunk) => resolve(String(chunk))))
  const { pid: child, scratch } = JSON.parse(text) as { pid: number; scratch: string }
  await setTimeout(1200)
  expect([isAlive(child), existsSync(scratch)]).toEqual([true, true])
  parent.kill('SIGKILL')
  while (isAlive(child)) await setTimeout(20)
  expect(existsSync(scratch)).toBe(false)
})
