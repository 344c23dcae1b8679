import { watch as watchFiles } from 'chokidar';

export interface Watch {
  close(): Promise<void>;
}

/** Folders of a workspace in which nothing of its user's lies. */
export function isNoneOfOurs(workspace: string): (path: string) => boolean {
  return (path) => /(^|[\\/])(\.slipway|\.git|node_modules|\.venv)([\\/]|$)/.test(path.slice(workspace.length));
}

/**
 * Resolves when it sees every change. Says that something under `paths` may have changed; what, the caller finds out by looking.
 * Events are hints only: a writer may stall half-way, and events get lost, so there is a look every minute too.
 */
export async function watch({ paths, ignored, changed, failed, debounceMs = 300, rescanMs = 60_000 }: {
  paths: string[];
  ignored: (path: string) => boolean;
  changed: () => void;
  failed: (error: unknown) => void;
  debounceMs?: number;
  rescanMs?: number;
}): Promise<Watch> {
  let debounce: NodeJS.Timeout | null = null;
  const hint = () => {
    if (debounce !== null) clearTimeout(debounce);
    debounce = setTimeout(changed, debounceMs);
  };
  const watcher = watchFiles(paths, { ignored, ignoreInitial: true, persistent: true, followSymlinks: false, ignorePermissionErrors: true });
  watcher.on('all', hint);
  watcher.on('error', failed);
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  const rescan = setInterval(changed, rescanMs);
  return {
    async close() {
      if (debounce !== null) clearTimeout(debounce);
      clearInterval(rescan);
      await watcher.close();
    },
  };
}
