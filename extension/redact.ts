const secretName = /(authorization|cookie|token|secret|password|passwd|api[-_]?key|access[-_]?key|credential|signature)/.source;

const patterns: [RegExp, string][] = [
  // Authorization: Bearer abc, "token": "abc", API_KEY=abc
  [/\b(Bearer|Basic)\s+[\w\-.~+/=]{6,}/gi, '$1 ‹redacted›'],
  [new RegExp(`(["']?[\\w-]*${secretName}[\\w-]*["']?\\s*[:=]\\s*)(?!(?:Bearer|Basic)\\b)("[^"]*"|'[^']*'|[^\\s,;&})\\]]+)`, 'gi'), '$1‹redacted›'],
  // https://user:password@host/path?query
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi, '$1‹redacted›@'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/gi, '$1?‹redacted›'],
  [/\b(ghp|gho|ghs|github_pat|glpat|hf|sk|xox[abp])[-_][\w-]{10,}/g, '‹redacted›'],
  [/\bAKIA[0-9A-Z]{12,}/g, '‹redacted›'],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, '‹redacted›'],
];

/** Text without what looks like a secret, and without any of the known ones, plain or encoded. */
export function redact(text: string, known: Iterable<string> = []): string {
  let clean = text;
  for (const secret of known) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('base64url')]) {
      if (form.length >= 6) clean = clean.replaceAll(form, '‹redacted›');
    }
  }
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  return clean;
}
