/** A model file that a cell writes, as its code names it. */
export interface Export {
  /** As written: relative to the notebook's folder, or absolute. */
  path: string;
}

/** Calls that write an .onnx file in the libraries people export with. */
const writes = /\btorch\.onnx\.export\s*\(|\bto_onnx\s*\(|\bconvert_\w+\s*\(|\bonnx\.save(?:_model)?\s*\(|\bsave_model\s*\(|\bSerializeToString\s*\(|\bsave_onnx\s*\(|\bsklearn2onnx\b|\btf2onnx\b|\bexport_model_to_onnx\b/;

/**
 * The model files that a cell's code exports: its string literals that end in `.onnx`, where the cell calls something that
 * writes one. Comments do not count, nor do f-strings with a hole in them, whose path is not known before they run.
 */
export function exportsIn(source: string): Export[] {
  const code = withoutComments(source);
  if (!writes.test(code)) return [];
  const paths = [...code.matchAll(/(?<prefix>[A-Za-z]{0,2})(?<quote>["'])(?<text>(?:(?!\k<quote>)[^\\\n])*\.onnx)\k<quote>/g)].flatMap(({ groups }) => {
    const { prefix, text } = groups!;
    return /f/i.test(prefix) && text.includes('{') ? [] : [text];
  });
  return [...new Set(paths)].map((path) => ({ path }));
}

/** Python without its comments; what stands in quotes stays. */
function withoutComments(source: string): string {
  return source.replace(/("""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|#[^\n]*/g, (_, text: string | undefined) => text ?? '');
}
