import { createI18n } from 'vue-i18n'
import { recall, remember } from '@/shared/lib/memory'
import { shell as enShell } from './en/shell'
import { words as enWords } from './en/words'
import { pages as enPages } from './en/pages'
import { clock as enClock } from './en/clock'
import { contract as enContract } from './en/contract'
import { docs as enDocs } from './en/docs'
import { life as enLife } from './en/life'
import { merges as enMerges } from './en/merges'
import { people as enPeople } from './en/people'
import { phone as enPhone } from './en/phone'
import { promise as enPromise } from './en/promise'
import { zones as enZones } from './en/zones'
import { seat as enSeat } from './en/seat'
import { report as enReport } from './en/report'
import { sensors as enSensors } from './en/sensors'
import { wall as enWall } from './en/wall'
import { shell as zhShell } from './zh/shell'
import { words as zhWords } from './zh/words'
import { pages as zhPages } from './zh/pages'
import { clock as zhClock } from './zh/clock'
import { contract as zhContract } from './zh/contract'
import { docs as zhDocs } from './zh/docs'
import { life as zhLife } from './zh/life'
import { merges as zhMerges } from './zh/merges'
import { people as zhPeople } from './zh/people'
import { phone as zhPhone } from './zh/phone'
import { promise as zhPromise } from './zh/promise'
import { zones as zhZones } from './zh/zones'
import { seat as zhSeat } from './zh/seat'
import { report as zhReport } from './zh/report'
import { sensors as zhSensors } from './zh/sensors'
import { wall as zhWall } from './zh/wall'

export type Language = 'zh' | 'en'

export const texts = {
  zh: { ...zhShell, ...zhWords, ...zhPages, ...zhContract, ...zhDocs, ...zhLife, ...zhMerges, ...zhPeople, ...zhPromise, ...zhPhone, ...zhZones, ...zhClock, ...zhReport, ...zhSensors, ...zhSeat, ...zhWall },
  en: { ...enShell, ...enWords, ...enPages, ...enContract, ...enDocs, ...enLife, ...enMerges, ...enPeople, ...enPromise, ...enPhone, ...enZones, ...enClock, ...enReport, ...enSensors, ...enSeat, ...enWall },
}

export const i18n = createI18n({
  legacy: false,
  locale: recall('language') === 'en' ? 'en' : 'zh',
  fallbackLocale: 'zh',
  messages: texts,
})

/** Changes the language of the whole console and keeps it for the next visit. */
export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  remember('language', language)
  applyLanguage()
}

/** Tells the page (screen readers, fonts) which language it is in. */
export function applyLanguage(): void {
  document.documentElement.lang = i18n.global.locale.value === 'en' ? 'en' : 'zh-CN'
}
