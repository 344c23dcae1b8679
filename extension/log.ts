import * as vscode from 'vscode';
import { redact } from './redact.ts';

export interface Log extends vscode.Disposable {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  show(): void;
  /** Masked from now on, wherever it turns up. */
  keepSecret(secret: string): void;
  /** The newest lines, for diagnostics. */
  readonly lines: readonly string[];
}

const linesMax = 200;

/** The one channel; nothing reaches it that looks like a secret. */
export function openLog(): Log {
  const channel = vscode.window.createOutputChannel('Slipway', { log: true });
  const secrets = new Set<string>();
  const lines: string[] = [];
  const write = (level: 'debug' | 'info' | 'warn' | 'error', message: string): void => {
    const clean = redact(message, secrets);
    if (level !== 'debug') lines.push(`${new Date().toISOString()} [${level}] ${clean}`);
    if (lines.length > linesMax) lines.shift();
    channel[level](clean);
  };
  return {
    debug: (message) => write('debug', message),
    info: (message) => write('info', message),
    warn: (message) => write('warn', message),
    error: (message) => write('error', message),
    show: () => channel.show(true),
    keepSecret: (secret) => void secrets.add(secret),
    lines,
    dispose: () => channel.dispose(),
  };
}
