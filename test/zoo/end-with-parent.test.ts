import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isAlive } from './is-alive.js'

test('a job that only computes ends when the program is killed', async () => {
  const parent = spawn(process.execPath, [fileURLToPath(new URL('./spinning-child.js', import.meta.url))])
  const text = await new Promise<string>((resolve) => parent.stdout.once('data', (chunk) => resolve(String(chunk))))
  const child = Number(text)
  await setTimeout(1200)
  expect(isAlive(child)).toBe(true)
  parent.kill('SIGKILL')
  while (isAlive(child)) await setTimeout(20)
})
