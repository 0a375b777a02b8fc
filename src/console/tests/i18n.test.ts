import { describe, expect, it } from 'vitest'
import { texts } from '@/shared/i18n'

type Tree = string | { [key: string]: Tree }

function flat(tree: Tree, path = ''): [string, string][] {
  if (typeof tree === 'string') return [[path, tree]]
  return Object.entries(tree).flatMap(([key, value]) => flat(value, path ? `${path}.${key}` : key))
}

const chinese = new Map(flat(texts.zh))
const english = new Map(flat(texts.en))
const sources = import.meta.glob('../src/**/*.{ts,vue}', { query: '?raw', import: 'default', eager: true })
const code = Object.entries(sources)
  .filter(([path]) => !path.includes('/i18n/zh/') && !path.includes('/i18n/en/'))
  .map(([, text]) => String(text))
  .join('\n')

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe('texts', () => {
  it('have every key in both languages', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
    expect(chinese.size).toBeGreaterThan(250)
  })

  it('are never empty', () => {
    expect([...chinese, ...english].filter(([, text]) => !text.trim())).toEqual([])
  })

  it('have the same holes in both languages', () => {
    for (const [key, text] of chinese) expect([key, holes(english.get(key) ?? '')]).toEqual([key, holes(text)])
  })

  it('exist wherever the code asks for one', () => {
    const asked = [...code.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? '')
    expect(asked.length).toBeGreaterThan(100)
    expect([...new Set(asked)].filter((key) => !chinese.has(key))).toEqual([])
  })

  it('are all used', () => {
    const unused = [...chinese.keys()].filter((key) => {
      const parent = key.slice(0, key.lastIndexOf('.'))
      return !code.includes(`'${key}'`) && !code.includes(`\`${parent}.\${`)
    })
    expect(unused).toEqual([])
  })
})
