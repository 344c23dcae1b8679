import type * as vscode from 'vscode';

/** The editor's event, for files that run without one. A listener that throws does not keep the others from hearing. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: vscode.Event<T> = (listener, receiver, disposables) => {
    const heard = (value: T): void => void listener.call(receiver, value);
    this.#listeners.add(heard);
    const disposable = { dispose: () => void this.#listeners.delete(heard) };
    disposables?.push(disposable);
    return disposable;
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
