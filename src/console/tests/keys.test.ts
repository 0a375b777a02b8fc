import { describe, expect, it } from 'vitest'
import { deskCommand, focusOf, step, successor, type KeyPress } from '@/features/desk/keys'

const press = (key: string, patch: Partial<KeyPress> = {}): KeyPress => ({
  key,
  repeat: false,
  modified: false,
  focus: 'desk',
  ...patch,
})

describe('desk keys', () => {
  it.each([
    ['ArrowDown', 'next'],
    ['j', 'next'],
    ['J', 'next'],
    ['ArrowUp', 'previous'],
    ['k', 'previous'],
    ['Enter', 'confirm'],
    ['x', 'reject'],
    ['X', 'reject'],
    ['a', 'acknowledge'],
    ['v', 'swap'],
  ])('%s is %s', (key, command) => {
    expect(deskCommand(press(key), false)?.do).toBe(command)
  })

  it('digits choose a reason only while the reasons are shown', () => {
    expect(deskCommand(press('3'), false)).toBeNull()
    expect(deskCommand(press('3'), true)).toEqual({ do: 'reason', code: 3 })
    expect(deskCommand(press('0'), true)).toBeNull()
  })

  it('while the reasons are shown nothing else acts but Escape', () => {
    expect(deskCommand(press('Escape'), true)).toEqual({ do: 'cancel' })
    for (const key of ['Enter', 'j', 'ArrowDown', 'x', 'a']) expect(deskCommand(press(key), true)).toBeNull()
  })

  it('a held key confirms and rejects nothing', () => {
    expect(deskCommand(press('Enter', { repeat: true }), false)).toBeNull()
    expect(deskCommand(press('3', { repeat: true }), true)).toBeNull()
    expect(deskCommand(press('j', { repeat: true }), false)?.do).toBe('next')
  })

  it('keys typed into a field or with a modifier are not ours', () => {
    expect(deskCommand(press('x', { focus: 'text' }), false)).toBeNull()
    expect(deskCommand(press('x', { modified: true }), false)).toBeNull()
  })

  it('Enter on a focused button stays with the button', () => {
    expect(deskCommand(press('Enter', { focus: 'control' }), false)).toBeNull()
    expect(deskCommand(press('j', { focus: 'control' }), false)?.do).toBe('next')
  })

  it('knows where the focus is', () => {
    document.body.innerHTML =
      '<input id="i"><button id="b"><i id="inner"></i></button><div data-desk-keys><button id="q"></button></div><p id="p"></p>'
    const at = (id: string) => focusOf(document.getElementById(id))
    expect([at('i'), at('b'), at('inner'), at('q'), at('p')]).toEqual(['text', 'control', 'control', 'desk', 'desk'])
    expect(focusOf(null)).toBe('desk')
  })
})

describe('moving through the queue', () => {
  const ids = ['a', 'b', 'c']

  it('stops at the ends and starts at the top', () => {
    expect(step(ids, 'a', 1)).toBe('b')
    expect(step(ids, 'c', 1)).toBe('c')
    expect(step(ids, 'a', -1)).toBe('a')
    expect(step(ids, null, 1)).toBe('a')
    expect(step(ids, 'gone', -1)).toBe('a')
    expect(step([], 'a', 1)).toBeNull()
  })

  it('after a decision the one that takes its place is next', () => {
    expect(successor(ids, 'a')).toBe('b')
    expect(successor(ids, 'b')).toBe('c')
    expect(successor(ids, 'c')).toBe('b')
    expect(successor(['a'], 'a')).toBeNull()
  })
})
