import { ref } from 'vue'
import { recall, remember } from './memory'

export type Theme = 'dark' | 'light'

const stored = recall('theme')

/** Colours of the whole console; a duty room is dark, so that is the default. */
export const theme = ref<Theme>(stored === 'light' || stored === 'dark' ? stored : 'dark')

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', theme.value === 'dark' ? '#101c2b' : '#ffffff')
}

export function setTheme(next: Theme): void {
  theme.value = next
  remember('theme', next)
  applyTheme()
}

/** A worker's phone is read in daylight: light, unless the person chose otherwise. */
export function preferLight(): void {
  if (recall('theme') === null && theme.value !== 'light') {
    theme.value = 'light'
    applyTheme()
  }
}
