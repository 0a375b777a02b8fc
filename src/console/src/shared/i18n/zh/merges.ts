export const merges = {
  merges: {
    title: '是同一件事吗?',
    waiting: '还有 {n} 问',
    same: '是,并为一案 (Y)',
    different: '不是 (N)',
    calm: '不答也不影响派遣;并错了 24 小时内可拆分。',
    newer: '新报',
    older: '已有',
    merged: '已并入 {id}',
    kept: '已记为两件事',
    group_explain: '暴雨等同一原因的事项归在一起,静默;特急事项照常提醒。',
  },
}
