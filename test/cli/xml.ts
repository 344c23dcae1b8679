/** A strict reader of the little XML there is in JUnit files: what it does not understand, it refuses. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

export function readXml(source: string): Element {
  let at = 0;
  const expect = (pattern: RegExp): RegExpExecArray => {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = at;
    const match = sticky.exec(source);
    if (match === null) throw new Error(`Not well-formed at ${at}: ${source.slice(at, at + 40)}`);
    at = sticky.lastIndex;
    return match;
  };
  const element = (): Element => {
    const [, name, written, closed] = expect(/<([a-z]+)((?: [a-z]+="[^"<]*")*)(\/)?>/);
    const attributes = Object.fromEntries([...written.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, unescape(value)]));
    if (closed !== undefined) return { name, attributes, children: [], text: '' };
    const children: Element[] = [];
    let text = '';
    for (;;) {
      text += unescape(expect(/[^<]*/)[0]);
      if (source.startsWith('</', at)) break;
      children.push(element());
    }
    if (expect(/<\/([a-z]+)>/)[1] !== name) throw new Error(`${name} is closed as something else`);
    return { name, attributes, children, text };
  };
  expect(/<\?xml version="1\.0" encoding="UTF-8"\?>\n/);
  const root = element();
  expect(/\s*$/);
  return root;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function unescape(text: string): string {
  if (/&(?!(amp|lt|gt|quot);)/.test(text)) throw new Error(`A bare & in ${text}`);
  return text.replace(/&(\w+);/g, (_, name: string) => entities[name]);
}
