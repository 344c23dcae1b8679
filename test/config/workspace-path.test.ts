import { describe, expect, it } from 'vitest';
import { resolveAllowed, resolveWritten } from '../../server/config/workspace-path.ts';

const unix = { workspace: '/home/ann/work', allow: ['/srv/features'], platform: 'linux' } as const;
const windows = { workspace: 'C:\\Users\\ann\\work', allow: ['D:\\features'], platform: 'win32' } as const;

const climbing = ['..', '../', '../x', 'a/../../x', './../x', 'a/b/../../../x', '/..', '/../x', '../work2/x', '../work/../x', 'data/*/../x', 'data/**/../../x', '/etc/passwd', '/home/ann/work2/x', '/home/ann', '/', '//', '/./', 'a/./../../x', '.../../../x'];
const addresses = ['http://example.com/x.csv', 'https://x', 'file:///etc/passwd', 'file:/etc/passwd', 's3://bucket/x', 'ftp://x/y', 'data:text/csv,1', 'gs://b/x', 'hf://datasets/x', 'az://c/x', 'FILE://x', 'javascript:alert(1)', 'vscode://x', 'http:x', 'ssh+git://x'];
const backslashes = ['..\\x', '\\x', 'a\\..\\..\\x', '\\\\server\\share\\x', '\\\\?\\C:\\x', '\\\\.\\pipe\\x', '\\\\?\\UNC\\server\\share', 'C:\\x', '..\\..\\windows\\win.ini', 'data\\x.csv', '..\\/x', '\\\\localhost\\c$\\x', '\\??\\C:\\x'];
const drives = ['C:', 'c:x', 'C:x/../y', 'C:../x', 'Z:x'];
const shares = ['//server/share/x', '//?/C:/x', '//./pipe/x', '///etc/passwd'];
const control = ['a\u0000b', 'x.csv\u0000.parquet', 'a\nb', 'a\rb', '\u0007', 'a\u007f', '\u0085x', '../\u0000'];
const home = ['~', '~/x', '~root/x', '~\u0000'];
const wild = ['{a,b}.csv', 'data/{1..100000000}.csv', '!(x)/*.csv', '[a-z]*.csv', '+(a|b)*', '*a*a*a*a*b.csv', '**/**/**/x', '?'.repeat(20), '*'.repeat(30), '@(a)*'];
const long = ['a/'.repeat(600), 'x'.repeat(1001)];

describe('a path that leads or may lead outside is refused', () => {
  it.each([...climbing, ...addresses, ...backslashes, ...drives, ...shares, ...control, ...home, ...wild, ...long])('on Unix: %j', (written) => {
    expect(resolveWritten(written, unix)).toHaveProperty('refused');
  });

  const devices = ['con', 'CON', 'nul', 'NUL.csv', 'data/aux.csv', 'com1', 'COM9.txt', 'lpt1', 'com¹', 'conin$', 'CONOUT$', 'prn.parquet', 'data/con/x.csv', 'nul '];
  const dropped = ['data./x', 'data /x', 'x.csv.', 'x.csv ', 'a/.. /x', 'a/.../x', '.. /x', '..  ', 'a/..../x'];
  const streams = ['x.csv:stream', 'x.csv::$DATA', 'data:x/y', 'C:/Users/ann/work/x:y'];
  it.each([...climbing, ...addresses, ...backslashes, ...drives, ...shares, ...control, ...home, ...wild, ...long, ...devices, ...dropped, ...streams, 'C:/Windows/win.ini', 'C:/Users/ann/work2/x', 'D:/x', 'C:/'])('on Windows: %j', (written) => {
    expect(resolveWritten(written, windows)).toHaveProperty('refused');
  });

  it('says why, and what would be right', () => {
    expect(resolveWritten('data\\x.csv', unix)).toEqual({ refused: 'must be written with `/`, not `\\`', suggestion: 'data/x.csv' });
    expect(resolveWritten('../x', unix)).toEqual({ refused: 'leads outside the workspace; list its folder under `allow`' });
  });
});

describe('a path inside is taken as it is written, nothing decoded or expanded', () => {
  it.each([
    ['data/x.csv', '/home/ann/work/data/x.csv'],
    ['./data//x.csv', '/home/ann/work/data/x.csv'],
    ['data/../x.csv', '/home/ann/work/x.csv'],
    ['/home/ann/work/x.csv', '/home/ann/work/x.csv'],
    ['/srv/features/a.csv', '/srv/features/a.csv'],
    ['../../../srv/features/a.csv', '/srv/features/a.csv'],
    ['%2e%2e/x', '/home/ann/work/%2e%2e/x'],
    ['%252e%252e%252fx', '/home/ann/work/%252e%252e%252fx'],
    ['..%2f..%2fx', '/home/ann/work/..%2f..%2fx'],
    ['..%c0%afx', '/home/ann/work/..%c0%afx'],
    ['．．/x', '/home/ann/work/．．/x'],
    ['..／x', '/home/ann/work/..／x'],
    ['$HOME/x', '/home/ann/work/$HOME/x'],
    ['%USERPROFILE%/x', '/home/ann/work/%USERPROFILE%/x'],
    ['$(id)/x', '/home/ann/work/$(id)/x'],
    ['..x/y', '/home/ann/work/..x/y'],
    ['a b/ü.csv', '/home/ann/work/a b/ü.csv'],
  ])('%s', (written, path) => {
    expect(resolveWritten(written, unix)).toEqual({ path, pattern: false });
  });

  it('with its pattern told apart', () => {
    expect(resolveWritten('data/*/2013-??.parquet', unix)).toEqual({ path: '/home/ann/work/data/*/2013-??.parquet', pattern: true });
    expect(resolveWritten('data/**/*.csv', unix)).toEqual({ path: '/home/ann/work/data/**/*.csv', pattern: true });
  });

  it('with drives where there are drives', () => {
    expect(resolveWritten('C:/Users/ann/work/x.csv', windows)).toEqual({ path: 'C:\\Users\\ann\\work\\x.csv', pattern: false });
    expect(resolveWritten('D:/features/x.csv', windows)).toEqual({ path: 'D:\\features\\x.csv', pattern: false });
    expect(resolveWritten('C:/Users/ann/work/x.csv', unix)).toHaveProperty('refused');
  });
});

it('a whole disk, a pattern or another machine cannot be allowed, a folder can', () => {
  for (const written of ['/', '/..', '/srv/..', '//server/share', '/srv/*', '~', 's3://bucket']) expect(resolveAllowed(written, unix)).toHaveProperty('refused');
  expect(resolveAllowed('C:/', windows)).toHaveProperty('refused');
  expect(resolveAllowed('../shared', unix)).toEqual({ path: '/home/ann/shared' });
});
