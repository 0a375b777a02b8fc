export const merges = {
  merges: {
    title: 'Is this the same fact?',
    waiting: '{n} more',
    same: 'Yes, one case (Y)',
    different: 'No (N)',
    calm: 'Nothing waits for the answer; a wrong merge can be split within 24 hours.',
    newer: 'New',
    older: 'Known',
    merged: 'merged into {id}',
    kept: 'kept as two facts',
    group_explain: 'What one cause brought stays together without a sound; critical alerts ring as ever.',
  },
}
