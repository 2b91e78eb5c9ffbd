import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A file that a process and its child have open and nobody else can find: large tensors go through it. A channel between processes
 * copies a message several times, and so many buffers come and go that the collector of garbage runs all the time.
 */
export class Exchange {
  readonly fd: number

  private constructor(fd: number) {
    this.fd = fd
  }

  /** undefined: the system has no such files, or there is no room for them. */
  static open(): Exchange | undefined {
    // Elsewhere a file that is open cannot be unlinked.
    if (process.platform === 'win32') return undefined
    const path = join(tmpdir(), `onnx-tailor-${randomUUID()}`)
    try {
      const fd = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
      return new Exchange(fd)
    } catch {
      return undefined
    }
  }

  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const count = readSync(this.fd, bytes, done, length - done, at + done)
      if (count === 0) throw new Error('the file that outputs are exchanged by ends too early')
      done += count
    }
    return bytes
  }

  close(): void {
    closeSync(this.fd)
  }
}
