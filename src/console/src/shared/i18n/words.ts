import { useI18n } from 'vue-i18n'
import { Problem } from '@/shared/api/client'
import { span } from '@/shared/lib/time'
import { useReference } from '@/shared/stores/reference'

/** Picks the reader's language out of data that carries both, and names things of the trade. */
export function useWords() {
  const { t, te, locale } = useI18n()
  const reference = useReference()

  /** `title_zh` or `title_en` of `item`; the other one where the reader's is empty. */
  function pick<K extends string>(
    item: Partial<Record<`${K}_zh` | `${K}_en`, string | null>> | null | undefined,
    name: K,
  ): string {
    if (!item) return ''
    const own = locale.value === 'en' ? item[`${name}_en`] : item[`${name}_zh`]
    const other = locale.value === 'en' ? item[`${name}_zh`] : item[`${name}_en`]
    return own || other || ''
  }

  /** What happened without where: titles end with the place, which most screens show beside it. */
  function what(item: Partial<Record<'title_zh' | 'title_en' | 'place_zh' | 'place_en', string>>): string {
    const title = pick(item, 'title')
    const ending = ` · ${pick(item, 'place')}`
    return title.endsWith(ending) ? title.slice(0, -ending.length) : title
  }

  /** A length of time; `long` names the smaller unit too. */
  function spanText(ms: number, long = false): string {
    const { key, n, m } = span(ms)
    if (key === 'seconds') return t('time.seconds', { n })
    if (key === 'minutes') return t(long ? 'time.minutes' : 'time.minutes_short', { n, m })
    if (key === 'hours') return t(m > 0 ? 'time.hours' : 'time.hours_only', { n, m })
    return t(m > 0 ? 'time.days' : 'time.days_only', { n, m })
  }

  function sourceText(source: string): string {
    return te(`source.${source}`) ? t(`source.${source}`) : t('source.other')
  }

  /** Name of `category` or `category.subtype`. */
  function categoryText(category: string, subtype?: string): string {
    const [code = category, sub = subtype] = category.split('.')
    const found = reference.categories.get(code)
    if (!found) return category
    const part = found.subtypes.find((item) => item.code === sub)
    return part ? `${pick(found, 'name')} · ${pick(part, 'name')}` : pick(found, 'name')
  }

  function gridText(code: string | null): string {
    const grid = code ? reference.gridByCode.get(code) : undefined
    return grid ? pick(grid, 'name') : (code ?? '')
  }

  function reasonText(code: number): string {
    const found = reference.taxonomy?.reject_reasons.find((item) => item.code === code)
    return found ? (locale.value === 'en' ? found.en : found.zh) : String(code)
  }

  function problemText(error: unknown): string {
    return error instanceof Problem ? pick(error, 'detail') : t('error.unknown')
  }

  return { t, te, locale, pick, what, spanText, sourceText, categoryText, gridText, reasonText, problemText }
}
