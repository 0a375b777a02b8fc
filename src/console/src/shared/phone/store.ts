import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { LookView, TaskView } from '@/shared/api/types'

/** What can be done on a phone; each waits here until the service has it. */
export type ActKind = 'accept' | 'return' | 'arrive' | 'protect' | 'extend' | 'handle' | 'look'

/** Why an act could not be done, as the service said it. */
export interface Refused {
  code: string
  zh: string
  en: string
  /** How the case stands now, if that is known. */
  state: string | null
}

/** One press of a button, with the time it was pressed and the photo taken for it. */
export interface Act {
  seq?: number
  clientId: string
  kind: ActKind
  taskId: string | null
  caseId: string
  title_zh: string
  title_en: string
  /** Version of the case that was seen; null follows whatever the act before it made. */
  version: number | null
  saidAt: string
  note?: string
  minutes?: number
  position?: { lon: number; lat: number } | null
  photo?: Blob
  takenAt?: string
  result?: string
  refused?: Refused | null
}

interface PhoneDb extends DBSchema {
  queue: { key: number; value: Act }
  tasks: { key: string; value: TaskView }
  looks: { key: string; value: LookView }
  pictures: { key: string; value: Blob }
}

const PREFIX = 'yitong-phone-'
let open: { name: string; db: Promise<IDBPDatabase<PhoneDb>> } | null = null

/** The store of one person; what belongs to another is in another one, out of reach of this name. */
export function phoneStore(username: string): Promise<IDBPDatabase<PhoneDb>> {
  const name = PREFIX + username
  if (open?.name !== name) {
    const before = open
    void before?.db.then((db) => { db.close() })
    const db = openDB<PhoneDb>(name, 1, {
      upgrade(made) {
        made.createObjectStore('queue', { keyPath: 'seq', autoIncrement: true })
        made.createObjectStore('tasks', { keyPath: 'task_id' })
        made.createObjectStore('looks', { keyPath: 'case_id' })
        made.createObjectStore('pictures')
      },
    })
    open = { name, db }
  }
  return open.db
}

/** The session ended: lists and pictures go; what was not sent stays for the same person. */
export async function forgetSeen(username: string): Promise<void> {
  const db = await phoneStore(username)
  await Promise.all([db.clear('tasks'), db.clear('looks'), db.clear('pictures')])
}

/** Somebody signed out: nothing of them stays on this phone. */
export async function forgetAll(username: string): Promise<void> {
  const name = PREFIX + username
  if (open?.name === name) {
    const db = await open.db
    db.close()
    open = null
  }
  await deleteDB(name)
}

/** How many acts of a person wait here. */
export async function unsent(username: string): Promise<number> {
  return (await phoneStore(username)).count('queue')
}
