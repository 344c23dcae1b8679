import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, targetAt, type HostMessage, type SavedView, type ViewMessage, type ViewTarget } from '../../protocol/view.ts';
import { editorConnection } from '../../webview/connection.ts';
import { keepViews } from '../../webview/kept-views.ts';
import { Refusal } from '../../webview/refusal.ts';
import { notFound } from './answers.ts';

function editor() {
  const sent: ViewMessage[] = [];
  const states: SavedView[] = [];
  const listeners: ((event: { data: unknown }) => void)[] = [];
  const connection = editorConnection(
    { postMessage: (message) => sent.push(message), getState: () => undefined, setState: (state) => states.push(state) },
    { addEventListener: (_: string, listener: unknown) => listeners.push(listener as (event: { data: unknown }) => void) },
  );
  return { connection, sent, states, say: (data: unknown) => listeners.forEach((listener) => listener({ data })) };
}

describe('a page in the editor', () => {
  it('says that it is ready only once it listens', () => {
    const { connection, sent } = editor();
    expect(sent).toEqual([]);
    connection.open(() => undefined);
    expect(sent).toEqual([{ kind: 'ready' }]);
  });

  it('gives each question its own answer, in whatever order they come', async () => {
    const { connection, sent, say } = editor();
    connection.open(() => undefined);
    const [first, second] = [connection.ask({ ask: 'batches' }), connection.ask({ ask: 'runs', model: null, limit: 3 })];
    const [a, b] = sent.flatMap((message) => (message.kind === 'ask' ? [message.id] : []));
    say({ kind: 'answer', id: b, answer: [] } satisfies HostMessage);
    say({ kind: 'refused', id: a, problem: notFound({ ask: 'batches' }) } satisfies HostMessage);
    await expect(second).resolves.toEqual([]);
    await expect(first).rejects.toThrow(Refusal);
  });

  it('keeps with what it shows the folder it was told, so that it comes back there', () => {
    const { connection, states, say } = editor();
    connection.open(() => undefined);
    const target: ViewTarget = { view: 'runs', model: null };
    say({ kind: 'show', target, can: { work: true, editor: true }, folder: 'file:///south' } satisfies HostMessage);
    connection.save({ target, pages: {} });
    expect(states).toEqual([{ target, pages: {}, folder: 'file:///south' }]);
  });

  it('is not disturbed by messages it does not know', () => {
    const { connection, say } = editor();
    const told: unknown[] = [];
    connection.open((message) => told.push(message));
    fc.assert(
      fc.property(fc.anything(), (data) => {
        if (typeof data === 'object' && data !== null && 'kind' in data) return;
        say(data);
      }),
    );
    say({ kind: 'answer', id: 99, answer: [] });
    expect(told).toEqual([]);
  });
});

const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });
const target: fc.Arbitrary<ViewTarget> = fc.oneof(
  fc.record({ view: fc.constant('gates' as const), run: text }),
  fc.record({ view: fc.constant('data' as const), batch: text }),
  fc.record({ view: fc.constant('data' as const), batch: text, column: text }),
  fc.record({ view: fc.constant('compare' as const), model: text, runs: fc.option(fc.tuple(text, text)) }),
  fc.record({ view: fc.constant('readiness' as const), model: text }),
  fc.record({ view: fc.constant('runs' as const), model: fc.option(text) }),
  fc.record({ view: fc.constant('model-file' as const), path: text, against: fc.option(text) }),
);

describe('the address of a view', () => {
  it('leads back to the view', () => {
    fc.assert(
      fc.property(target, (view) => {
        expect(targetAt(`#${addressOf(view)}`)).toEqual(view);
      }),
    );
  });

  it('that names none is none, whatever it says', () => {
    for (const address of ['', '#', '#view=gates', '#view=unknown&run=r', '#view=compare', '#%', 'view=data&batch=%E0%A4%A']) expect(targetAt(address)).toBeNull();
    fc.assert(fc.property(fc.string(), (address) => void targetAt(address)));
  });
});

describe('what a user did to a page', () => {
  it('is there again when the page comes back, for each view apart', () => {
    let saved: SavedView | null = null;
    const store = { saved: () => saved, save: (view: SavedView) => void (saved = view) };
    const gates: ViewTarget = { view: 'gates', run: 'r-1' };
    const kept = keepViews(store);
    kept.change(gates, { tab: 'flips' });
    kept.change(gates, { scroll: 40 });
    kept.change({ view: 'runs', model: null }, { verdict: 'fail' });
    kept.flush();
    const again = keepViews(store);
    expect(again.of(gates)).toEqual({ tab: 'flips', scroll: 40 });
    expect(again.of({ view: 'runs', model: 'other' })).toEqual({});
    expect((saved as SavedView | null)?.target).toEqual({ view: 'runs', model: null });
  });
});
