import { describe, expect, it } from 'vitest'
import type { EventGroup } from '@/shared/api/merges'
import { groupOf } from '@/shared/stores/groups'

const rain: EventGroup = {
  group_id: 'g1', kind: 'rainstorm', name_zh: '暴雨内涝', name_en: 'Rainstorm', categories: ['ar_sewer', 'ar_river.level_alarm'],
  began_at: '2026-11-23T01:00:00Z', last_at: '2026-11-23T01:10:00Z', size: 6, reason_zh: '', reason_en: '',
  members: [{ case_id: 'YT-1', inhibited: true, reason_zh: '', reason_en: '' }],
}

describe('groupOf', () => {
  it('holds members, and what its storm brings before it is one', () => {
    expect(groupOf([rain], { case_id: 'YT-1', category: 'cp_parking.x', severity: 3 })).toBe(rain)
    expect(groupOf([rain], { case_id: 'YT-9', category: 'ar_sewer.blocked_overflow', severity: 3 })).toBe(rain)
    expect(groupOf([rain], { case_id: 'YT-9', category: 'ar_river.pollution', severity: 3 })).toBeNull()
    expect(groupOf([], { case_id: 'YT-1', category: 'ar_sewer.x', severity: 3 })).toBeNull()
  })
  it('never holds severity 1', () => {
    expect(groupOf([rain], { case_id: 'YT-1', category: 'ar_sewer.x', severity: 1 })).toBeNull()
  })
})
