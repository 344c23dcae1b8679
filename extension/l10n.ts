export type Translate = (message: string, ...values: (string | number)[]) => string;

let translate: Translate = (message, ...values) => message.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));

/** Says a message in the language of the editor. Files that know nothing of the editor speak through this too. */
export function t(message: string, ...values: (string | number)[]): string {
  return translate(message, ...values);
}

/** Called once, by main. Until then messages are as they are written: in English. */
export function speakThrough(editor: Translate): void {
  translate = editor;
}
