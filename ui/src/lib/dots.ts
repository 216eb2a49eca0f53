// One dot a sample; beyond what fits, one dot for several. Marked ones are spread out, always at the same places.
const MOST = 500;

export function dots(total: number, marked: number): { marks: boolean[]; each: number } {
  const each = Math.max(1, Math.ceil(total / MOST));
  const marks = new Array<boolean>(Math.ceil(total / each)).fill(false);
  // Rounded up, so that not one wrong suspicion disappears.
  const wanted = Math.min(marks.length, Math.ceil(marked / each));
  for (let i = 0; i < wanted; i++) marks[Math.floor(((i + 0.5) / wanted) * marks.length)] = true;
  return { marks, each };
}
