/** Small choices of this browser (language, colours, volume); a browser without storage forgets them. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`yitong.${name}`)
  } catch {
    return null
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`yitong.${name}`, value)
  } catch {
    // Nothing to do: the choice holds until the page is closed.
  }
}
