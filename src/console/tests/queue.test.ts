import { describe, expect, it } from 'vitest'
import { PictureQueue } from '@/shared/camera/pictureQueue'

describe('live pictures', () => {
  it('share few connections and none is forgotten', async () => {
    const queue = new PictureQueue(3)
    let running = 0
    let most = 0
    const done: number[] = []
    const job = async (n: number) => {
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running--
      done.push(n)
      if (n % 4 === 0) throw new Error('lost')
    }
    const jobs = Array.from({ length: 20 }, (_, n) => queue.run(() => job(n)).catch(() => undefined))
    await Promise.all(jobs)
    expect(most).toBe(3)
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
    await queue.run(() => job(99))
    expect(done).toContain(99)
  })
})
