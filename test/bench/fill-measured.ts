import { readFile, writeFile } from 'node:fs/promises';

/** Puts what was measured between the marks of a page of docs; the words around it are written by hand. */
export async function fillMeasured(page: string, measured: string): Promise<void> {
  const [head, rest] = (await readFile(page, 'utf8')).split('<!-- measured -->');
  const [, tail] = rest.split('<!-- /measured -->');
  await writeFile(page, `${head}<!-- measured -->\n${measured}\n<!-- /measured -->${tail}`);
}
