import { ref } from 'vue'
import type { TaskView } from '@/shared/api/types'
import { i18n } from '@/shared/i18n'
import { mayDisturb } from '@/shared/phone/rules'

type Permission = NotificationPermission | 'missing'

/** Whether this phone may tell about new tasks. */
export const permission = ref<Permission>('Notification' in window ? Notification.permission : 'missing')

export async function askPermission(): Promise<void> {
  if (permission.value !== 'missing') permission.value = await Notification.requestPermission()
}

/** Tasks that were not there before and may disturb somebody now. */
export function toTell(before: TaskView[] | null, now: TaskView[], at: Date): TaskView[] {
  if (before === null) return []
  const known = new Set(before.map((task) => task.task_id))
  return now.filter((task) => task.state === 'dispatched' && !known.has(task.task_id) && mayDisturb(task.severity, at))
}

/** Tells about new tasks while the page is not in front; a protected person's task is told without words. */
export function announceNew(before: TaskView[] | null, now: TaskView[]): void {
  const found = toTell(before, now, new Date())
  if (found.length === 0) return
  navigator.vibrate?.(200)
  if (permission.value !== 'granted' || document.visibilityState === 'visible') return
  const zh = i18n.global.locale.value === 'zh'
  for (const task of found) {
    const words = task.category.startsWith('kp_') ? '' : zh ? task.title_zh : task.title_en
    void navigator.serviceWorker.ready.then((kept) =>
      kept.showNotification(i18n.global.t('phone.new_task'), { body: words, tag: task.task_id, icon: '/icon-192.png' }),
    )
  }
}
