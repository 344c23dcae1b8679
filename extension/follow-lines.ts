/** Beyond this many pairs of changed lines a person no longer edits, and they are taken as replaced. */
const pairsMax = 1_000_000;

/**
 * Where each line of a text is after it was edited. Lines are 1-based.
 *
 * @returns the line now, or null where it is gone. Lines that are the same keep together (longest common subsequence);
 *   between them, as many lines as there were before are taken as edited in place.
 */
export function followLines(before: string, after: string): (line: number) => number | null {
  if (before === after) return (line) => line;
  const [old, now] = [before, after].map((text) => text.split(/\r?\n/));
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let tail = 0;
  while (tail < old.length - start && tail < now.length - start && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;

  const places = old.map((_, index) => (index < start ? index : index >= old.length - tail ? index + now.length - old.length : null));
  const anchors = [[start - 1, start - 1], ...commonLines(old, now, start, tail), [old.length - tail, now.length - tail]];
  for (const [index, [oldLine, nowLine]] of anchors.entries()) {
    if (oldLine >= start && oldLine < old.length - tail) places[oldLine] = nowLine;
    if (index === 0) continue;
    const [lastOld, lastNow] = anchors[index - 1];
    if (oldLine - lastOld !== nowLine - lastNow) continue;
    for (let step = 1; lastOld + step < oldLine; step++) places[lastOld + step] = lastNow + step;
  }
  return (line) => {
    const place = places[line - 1];
    return place === undefined || place === null ? null : place + 1;
  };
}

function commonLines(old: string[], now: string[], start: number, tail: number): [number, number][] {
  const [rows, columns] = [old.length - start - tail, now.length - start - tail];
  if (rows * columns > pairsMax) return [];
  const same = (row: number, column: number): boolean => old[start + row] === now[start + column];
  const longest = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      longest[row][column] = same(row, column) ? longest[row + 1][column + 1] + 1 : Math.max(longest[row + 1][column], longest[row][column + 1]);
    }
  }
  const pairs: [number, number][] = [];
  for (let [row, column] = [0, 0]; row < rows && column < columns; ) {
    if (same(row, column)) pairs.push([start + row++, start + column++]);
    else if (longest[row + 1][column] >= longest[row][column + 1]) row += 1;
    else column += 1;
  }
  return pairs;
}
