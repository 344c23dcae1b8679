/** A value as YAML, in braces or out of them, quoted only where it would else be read as something other than this very text. */
export function yamlText(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[\p{L}\p{N}_./(<=+-][\p{L}\p{N}_./()<=+*%@ -]*$/u.test(value) && value === value.trim() && !/^[-.?]([ .-]|$)/.test(value);
  const readsAsOther = /^(true|false|null|[-+]?\.(inf|nan))$/i.test(value) || !Number.isNaN(Number(value)) || /^0o/.test(value);
  return isPlain && !readsAsOther ? value : JSON.stringify(value);
}
