import type { Action, Question, ViewMessage, ViewTarget } from '../protocol/view.ts';

const textMax = 1_000;
const namesMax = 1_000;
const rowsMax = 1_000;

/**
 * What a page said, made anew from the fields that belong to it; null for anything else. A page shows names and cells
 * that came from files, so what it sends is taken for what an attacker might send.
 */
export function parseViewMessage(value: unknown): ViewMessage | null {
  try {
    const message = objectIn(value);
    switch (message?.kind) {
      case 'ready':
        return { kind: 'ready' };
      case 'ask': {
        const { id } = message;
        const question = parseQuestion(message.question);
        return question !== null && isWhole(id, 0, Number.MAX_SAFE_INTEGER) ? { kind: 'ask', id, question } : null;
      }
      case 'act': {
        const action = parseAction(message.action);
        return action === null ? null : { kind: 'act', action };
      }
      default:
        return null;
    }
  } catch {
    // A getter that throws, or an object that lies about itself: messages are data, so this is none.
    return null;
  }
}

function parseQuestion(value: unknown): Question | null {
  const question = objectIn(value);
  if (question === null) return null;
  const { ask, id, model, limit, batch, finding, run, role, rows, path, against } = question;
  switch (ask) {
    case 'snapshot':
    case 'outline':
    case 'batches':
    case 'live':
      return { ask };
    case 'run':
    case 'batch':
    case 'shadow':
      return isText(id) ? { ask, id } : null;
    case 'runs':
      return isTextOrNull(model) && isWhole(limit, 1, 10_000) ? { ask, model, limit } : null;
    case 'shadows':
      return isTextOrNull(model) ? { ask, model } : null;
    case 'finding-rows':
      return isText(batch) && isText(finding) && isWhole(limit, 1, rowsMax) ? { ask, batch, finding, limit } : null;
    case 'run-rows':
      return isText(run) && (role === 'holdout' || role === 'current') && isListOf(rows, rowsMax, isRow) ? { ask, run, role, rows: [...rows] } : null;
    case 'readiness':
      return isText(model) ? { ask, model } : null;
    case 'model-file':
    case 'operator-times':
      return isPath(path) ? { ask, path } : null;
    case 'model-file-difference':
      return isPath(path) && isPath(against) ? { ask, path, against } : null;
    default:
      return null;
  }
}

function parseAction(value: unknown): Action | null {
  const action = objectIn(value);
  if (action === null) return null;
  const { work, path, line, batch, finding, model, criterion, of, id } = action;
  switch (action.do) {
    case 'run': {
      const command = objectIn(action.command);
      if (command?.kind !== 'run') return null;
      const { models, versions, force, watch } = command;
      if (!isNames(models) || !isNames(versions) || !isFlag(force) || !isFlag(watch)) return null;
      return { do: 'run', command: { kind: 'run', ...(models && { models: [...models] }), ...(versions && { versions: [...versions] }), ...(force === true && { force }), ...(watch === true && { watch }) } };
    }
    case 'cancel':
      return isText(work) && /^[A-Za-z0-9-]{8,64}$/.test(work) ? { do: 'cancel', work } : null;
    case 'show':
    case 'open-in-browser': {
      const target = parseTarget(action.target);
      return target === null ? null : { do: action.do, target };
    }
    case 'open-file':
      if (!isPath(path)) return null;
      return line === undefined ? { do: 'open-file', path } : isWhole(line, 1, 10_000_000) ? { do: 'open-file', path, line } : null;
    case 'accept-finding':
      return isText(batch) && isText(finding) ? { do: 'accept-finding', batch, finding } : null;
    case 'state-criterion':
      return isText(model) && isText(criterion) ? { do: 'state-criterion', model, criterion } : null;
    case 'save-report':
      return (of === 'run' || of === 'batch') && isText(id) ? { do: 'save-report', of, id } : null;
    default:
      return null;
  }
}

/** Also for what a page saved with the editor before the window was loaded again. */
export function parseTarget(value: unknown): ViewTarget | null {
  const target = objectIn(value);
  if (target === null) return null;
  const { run, batch, column, model, runs, path, against, id } = target;
  switch (target.view) {
    case 'gates':
      return isText(run) ? { view: 'gates', run } : null;
    case 'data':
      if (!isText(batch)) return null;
      return column === undefined ? { view: 'data', batch } : isText(column) ? { view: 'data', batch, column } : null;
    case 'compare':
      if (!isText(model)) return null;
      if (runs === null) return { view: 'compare', model, runs };
      return isListOf(runs, 2, isText) && runs.length === 2 ? { view: 'compare', model, runs: [runs[0], runs[1]] } : null;
    case 'readiness':
      return isText(model) ? { view: 'readiness', model } : null;
    case 'runs':
      return isTextOrNull(model) ? { view: 'runs', model } : null;
    case 'shadow':
      return isText(model) && isTextOrNull(id) ? { view: 'shadow', model, id } : null;
    case 'live':
      return { view: 'live' };
    case 'model-file':
      return isPath(path) && (against === null || isPath(against)) ? { view: 'model-file', path, against } : null;
    default:
      return null;
  }
}

function objectIn(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= textMax && !value.includes('\0');
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
const isWhole = (value: unknown, least: number, most: number): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
const isRow = (value: unknown): value is number => isWhole(value, 0, Number.MAX_SAFE_INTEGER);
const isFlag = (value: unknown): value is boolean | undefined => value === undefined || typeof value === 'boolean';
const isListOf = <T>(value: unknown, most: number, is: (entry: unknown) => entry is T): value is T[] => Array.isArray(value) && value.length <= most && [...value].every(is);
const isNames = (value: unknown): value is string[] | undefined => value === undefined || isListOf(value, namesMax, isText);

/** Below the workspace: not absolute on any platform, and no way up. */
function isPath(value: unknown): value is string {
  return isText(value) && !/^([\\/]|[A-Za-z]:)/.test(value) && !value.split(/[\\/]/).includes('..');
}
