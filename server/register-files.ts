import { join, relative, sep } from 'node:path';
import type { ModelConfig } from '../protocol/config.ts';
import type { RefusedFile } from '../protocol/feed.ts';
import type { House } from './house.ts';
import { findModels } from './registry/find-models.ts';
import { registerModels, type RegisteredModel } from './registry/register-model.ts';

export interface RegisteredFile {
  version: string;
  /** Relative to the workspace. */
  path: string;
  registered: RegisteredModel;
}

/** The files of a model as they lie in the workspace now, each kept as a private copy; one that is refused or half-written stops no other. */
export async function registerFiles({ workspace, folder, config, registrations }: Pick<House, 'workspace' | 'folder' | 'config' | 'registrations'>, model: Pick<ModelConfig, 'name' | 'files'>, signal: AbortSignal): Promise<{ registered: RegisteredFile[]; refused: RefusedFile[] }> {
  const found = await findModels(model.name, model.files, workspace, config.allow);
  const outcomes = await registerModels(found.map(({ path }) => path), join(folder, 'models'), registrations, { signal });
  const registered: RegisteredFile[] = [];
  const refused: RefusedFile[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const path = relative(workspace, found[index].path).split(sep).join('/');
    if (outcome.kind === 'registered') registered.push({ version: found[index].version, path, registered: outcome.model });
    else if (outcome.kind === 'incomplete') refused.push({ path, code: 'model-incomplete', message: outcome.reason });
    else refused.push({ path, code: 'model-refused', message: outcome.refusals.map(({ message }) => message).join('; ') });
  }
  return { registered, refused };
}
