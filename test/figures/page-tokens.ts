/** A page as its tags and texts, for looking at what is really in it. Throws at anything a browser would have to repair. */
export interface Tag {
  name: string;
  attributes: Record<string, string>;
}

export function tagsOf(page: string): Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  const tag = /<(\/?)([a-zA-Z!][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*(?:="[^"<]*")?)*)\s*(\/?)>/y;
  let at = 0;
  while (at < page.length) {
    const start = page.indexOf('<', at);
    if (start === -1) break;
    tag.lastIndex = start;
    const found = tag.exec(page);
    if (found === null) throw new Error(`not a tag: ${page.slice(start, start + 120)}`);
    const [whole, closing, name, written, empty] = found;
    at = start + whole.length;
    if (closing === '/') {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> closes <${expected}>`);
      continue;
    }
    if (name === '!doctype') continue;
    tags.push({ name, attributes: Object.fromEntries([...written.matchAll(/([a-zA-Z][a-zA-Z0-9:-]*)(?:="([^"]*)")?/g)].map((match) => [match[1], match[2] ?? ''])) });
    if (name === 'style') at = page.indexOf('</style>', at);
    if (empty !== '/' && !/^meta$/.test(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(', ')}`);
  return tags;
}

/** What a reader sees, with no tags and no stylesheet. */
export function textOf(page: string): string {
  return page.replace(/<style>[\s\S]*?<\/style>/g, '').replace(/<[^>]*>/g, ' ');
}
