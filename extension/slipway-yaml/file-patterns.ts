/** Paths and the patterns that stand for several of them, patterns first: a folder of batches, a folder for each version. */
export function filePatterns(paths: readonly string[]): string[] {
  const patterns = new Map<string, Set<string>>();
  const add = (pattern: string, path: string): void => void patterns.set(pattern, (patterns.get(pattern) ?? new Set()).add(path));
  for (const path of paths) {
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    const ending = /(\.(?:csv|jsonl))?\.[^.]+$/.exec(name)?.[0] ?? '';
    const folder = parts.slice(0, -1);
    if (folder.length > 0) add([...folder, `*${ending}`].join('/'), path);
    if (folder.length > 1) add([...folder.slice(0, -1), '*', `*${ending}`].join('/'), path);
  }
  const several = [...patterns].filter(([, matched]) => matched.size > 1).map(([pattern]) => pattern);
  return [...several, ...paths];
}
