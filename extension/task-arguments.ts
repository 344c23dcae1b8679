import * as l10n from './l10n.ts';

/** A task of type `slipway` as tasks.json may write it. */
export interface SlipwayTask {
  type: 'slipway';
  command: TaskCommand;
  /** For `run` and `readiness`. */
  model?: string;
  /** For `check`: a data file, from the folder. */
  file?: string;
  /** For `run`: go on as models and data change. */
  watch?: boolean;
}

export const taskCommands = ['run', 'check', 'status', 'readiness', 'doctor'] as const;
export type TaskCommand = (typeof taskCommands)[number];

/** Whoever edits tasks.json may write anything; what the command line would refuse is null, with the reason. */
export function taskArguments(definition: Record<string, unknown>): { arguments: string[] } | { reason: string } {
  const { command, model, file, watch } = definition;
  if (!taskCommands.includes(command as TaskCommand)) return { reason: l10n.t('`command` of a Slipway task must be one of {0}', taskCommands.join(', ')) };
  const named = typeof model === 'string' && model !== '' ? [model] : [];
  switch (command as TaskCommand) {
    case 'run':
      return { arguments: ['run', '--problems', ...(watch === true ? ['--watch'] : []), '--', ...named] };
    case 'check':
      return typeof file === 'string' && file !== '' ? { arguments: ['check', '--', file] } : { reason: l10n.t('A Slipway task that checks data needs `file`') };
    case 'readiness':
      return { arguments: ['readiness', '--', ...named] };
    case 'status':
      return { arguments: ['status'] };
    case 'doctor':
      return { arguments: ['doctor'] };
  }
}
