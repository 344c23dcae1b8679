import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** What the JSON of `--json`, the HTTP routes and the feed consists of, in reading order. */
const files = ['run', 'gates', 'measured', 'data-quality', 'drift', 'evaluation', 'runtime', 'lineage', 'datasets', 'registry', 'workspace', 'feed', 'serving', 'shadow', 'view', 'problem'];

/** Every exported type of the contract with its fields and their comments, read from the sources: it cannot go stale unseen. */
export function contractPage(): string {
  const sections = files.map((name) => {
    const source = ts.createSourceFile(`${name}.ts`, readFileSync(new URL(`../protocol/${name}.ts`, import.meta.url), 'utf8'), ts.ScriptTarget.Latest, true);
    const types = source.statements.filter((statement): statement is ts.InterfaceDeclaration | ts.TypeAliasDeclaration => (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) && isExported(statement));
    return `## ${name}\n\n${types.map((type) => typeText(type, source)).join('\n\n')}`;
  });
  return `# The contract

Generated from \`protocol/\`. \`slipway run --json\` prints one \`RunReport\` per line (\`schema: "slipway.run/1"\`), \`slipway check
--json\` one \`BatchReport\` (\`schema: "slipway.batch/1"\`). The number after the slash grows when a field changes its meaning or
goes away; new fields may come at any time. All of it is JSON: a number that does not exist is \`null\` with a reason beside
it, times are ISO 8601 or named \`…Ms\`, digests are SHA-256 in hex.

${sections.join('\n\n')}
`;
}

function isExported(node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function typeText(node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration, source: ts.SourceFile): string {
  const heading = `### ${node.name.text}\n${commentOf(node)}`;
  if (ts.isTypeAliasDeclaration(node)) return `${heading}\n\`\`\`ts\n${node.type.getText(source)}\n\`\`\``;
  const extended = node.heritageClauses?.flatMap((clause) => clause.types.map((type) => type.getText(source))) ?? [];
  const rows = node.members.filter(ts.isPropertySignature).map((member) => `| \`${member.name.getText(source)}${member.questionToken ? '?' : ''}\` | \`${(member.type?.getText(source) ?? '').replace(/\s+/g, ' ').replaceAll('|', '\\|')}\` | ${commentOf(member).trim()} |`);
  return `${heading}${extended.length > 0 ? `\nAlso all of ${extended.join(', ')}.\n` : ''}\n| field | type | |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  const text = comment === undefined ? '' : (ts.getTextOfJSDocComment(comment.comment) ?? '');
  return text === '' ? '' : `\n${text.replace(/\s+/g, ' ').replaceAll('|', '\\|')}\n`;
}
