import type { Tone } from './soundPlan'

interface Note {
  at: number
  hz: number
  length: number
  gain: number
}

const TUNES: Record<Tone, Note[]> = {
  critical: [
    { at: 0, hz: 880, length: 0.45, gain: 1 },
    { at: 0.45, hz: 660, length: 0.45, gain: 1 },
    { at: 0.9, hz: 880, length: 0.7, gain: 1 },
  ],
  urgent: [
    { at: 0, hz: 740, length: 0.16, gain: 0.8 },
    { at: 0.26, hz: 740, length: 0.16, gain: 0.8 },
  ],
  device: [{ at: 0, hz: 220, length: 0.4, gain: 0.9 }],
}

/** Plays tones by WebAudio; nothing is loaded from anywhere. */
export class Speaker {
  private context: AudioContext | null = null

  /** Whether the browser lets us sound; false until the user has clicked somewhere. */
  get ready(): boolean {
    return this.context?.state === 'running'
  }

  /** Call from a user's click or key press; browsers refuse it elsewhere. */
  async unlock(): Promise<boolean> {
    try {
      this.context ??= new AudioContext()
      await this.context.resume()
    } catch {
      return false
    }
    return this.ready
  }

  /** @param volume 0..1 */
  play(tone: Tone, volume: number): void {
    const { context } = this
    if (!context || !this.ready || volume <= 0) return
    for (const note of TUNES[tone]) {
      const start = context.currentTime + note.at
      const oscillator = context.createOscillator()
      const gain = context.createGain()
      oscillator.type = 'triangle'
      oscillator.frequency.value = note.hz
      gain.gain.setValueAtTime(0, start)
      gain.gain.linearRampToValueAtTime(note.gain * volume, start + 0.02)
      gain.gain.setValueAtTime(note.gain * volume, start + note.length - 0.05)
      gain.gain.linearRampToValueAtTime(0, start + note.length)
      oscillator.connect(gain).connect(context.destination)
      oscillator.start(start)
      oscillator.stop(start + note.length)
    }
  }
}
