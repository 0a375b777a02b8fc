import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { Figure, Kpis } from '@/shared/api/kpis'

use([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer])

/** One week of one figure, as the chart and the words beside it need it. */
export interface Point {
  label: string
  count: number
  of: number
  /** Percent, or null where there are too few to say. */
  percent: number | null
}

/** The weeks of one figure, oldest first. */
export function pointsOf(weeks: readonly Kpis[], code: string, label: (iso: string) => string): Point[] {
  return weeks.flatMap((week) => {
    const figure: Figure | undefined = week.figures.find((item) => item.code === code)
    if (!figure) return []
    const percent = figure.rate === null ? null : Math.round(figure.rate * 1000) / 10
    return [{ label: label(week.begin), count: figure.count, of: figure.of, percent }]
  })
}

/** What the chart shows: bars for the denominator, a line for the rate; no line where there is no rate. */
export function optionsOf(points: readonly Point[], words: { of: string; count: string; rate: string }, ink: string) {
  const axis = { axisLabel: { color: ink }, splitLine: { lineStyle: { opacity: 0.25 } } }
  return {
    animation: false,
    grid: { left: 44, right: 44, top: 20, bottom: 26 },
    tooltip: {
      trigger: 'axis' as const,
      renderMode: 'richText' as const,
      formatter: (shown: unknown) => {
        const point = points[(shown as { dataIndex: number }[])[0]?.dataIndex ?? 0]
        if (!point) return ''
        return `${point.label}\n${words.count} ${String(point.count)} / ${words.of} ${String(point.of)}${point.percent === null ? '' : `\n${words.rate} ${String(point.percent)} %`}`
      },
    },
    xAxis: { type: 'category' as const, data: points.map((point) => point.label), axisLabel: { color: ink } },
    yAxis: [
      { type: 'value' as const, minInterval: 1, ...axis },
      { type: 'value' as const, min: 0, max: 100, ...axis, splitLine: { show: false }, axisLabel: { color: ink, formatter: '{value} %' } },
    ],
    series: [
      { type: 'bar' as const, barMaxWidth: 26, data: points.map((point) => point.of), itemStyle: { color: '#8aa4c8' } },
      { type: 'line' as const, yAxisIndex: 1, data: points.map((point) => point.percent), symbolSize: 8, itemStyle: { color: '#2f7de1' } },
    ],
  }
}

export { init }
