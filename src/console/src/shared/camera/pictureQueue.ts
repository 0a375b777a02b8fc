/**
 * Shares few connections among many live pictures.
 *
 * A browser opens about six connections to one server, and the live stream holds one for ever; so at
 * most `limit` pictures are asked for at a time, the one that waited longest first.
 */
export class PictureQueue {
  private running = 0
  private readonly waiting: (() => void)[] = []

  constructor(private readonly limit: number) {}

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.running >= this.limit) {
      await new Promise<void>((resume) => this.waiting.push(resume))
    } else {
      this.running++
    }
    try {
      return await job()
    } finally {
      const next = this.waiting.shift()
      // A waiting job takes the place over, so the count stays.
      if (next) next()
      else this.running--
    }
  }
}

export const pictureQueue = new PictureQueue(3)
