import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import type { ReplayRequest } from '../protocol/feed.ts';
import type { ShadowVerdict } from '../protocol/shadow.ts';
import type { Connection } from './connection.ts';
import { Problem } from './problem.ts';
import { shadowsText, shadowText } from './shadow-text.ts';
import { exitCodes } from './terminal.ts';

/** As the command line gives them. */
export interface ShadowOptions {
  replay?: string;
  candidate?: string;
  production?: string;
  model?: string;
  intent: string;
  pace: string;
  from?: string;
  to?: string;
  json?: boolean;
  all?: boolean;
}

/** @throws Problem `usage` where the options do not say what to replay */
export async function replayRequestOf({ replay, candidate, production, intent, pace, from, to }: ShadowOptions, model: string): Promise<ReplayRequest> {
  if (replay === undefined || candidate === undefined) throw new Problem('usage', '--replay and --candidate are needed: what both are asked, and which version may replace production');
  if (intent !== 'new-model' && intent !== 'same-build') throw new Problem('usage', `--intent is new-model or same-build, not ${intent}`);
  const times = /^(\d+(?:\.\d+)?)x$/.exec(pace)?.[1];
  if (pace !== 'max' && (times === undefined || Number(times) <= 0)) throw new Problem('usage', `--pace is max, or a number with an x behind it such as 1x, not ${pace}`);
  if (replay !== 'log' && (from !== undefined || to !== undefined)) throw new Problem('usage', '--from and --to are times of the log: --replay log');
  return { model, candidate, production: production ?? null, source: await sourceOf(replay, from, to), intent, pace: times === undefined ? null : Number(times) };
}

/** A file where one is there, else a dataset by name. */
async function sourceOf(replay: string, from: string | undefined, to: string | undefined): Promise<ReplayRequest['source']> {
  if (replay === 'log') return { of: 'log', from: from ?? null, to: to ?? null };
  return existsSync(replay) ? { of: 'file', path: await realpath(replay) } : { of: 'dataset', name: replay };
}

const exits: Record<ShadowVerdict, number> = { better: exitCodes.pass, equivalent: exitCodes.pass, worse: exitCodes.fail, 'keep-going': exitCodes.inconclusive, inconclusive: exitCodes.inconclusive, error: exitCodes.error };

/** Prints a comparison; the exit code says what it came to. */
export async function showShadow(connection: Connection, id: string, { json, all }: Pick<ShadowOptions, 'json' | 'all'>): Promise<number> {
  const record = await connection.readShadow(id);
  console.log(json === true ? JSON.stringify(record) : shadowText(record, { all }));
  return exits[record.report.verdict];
}

export async function listShadows(connection: Connection, model: string | null, json: boolean): Promise<string> {
  const summaries = await connection.shadows(model);
  return json ? JSON.stringify(summaries) : shadowsText(summaries);
}
