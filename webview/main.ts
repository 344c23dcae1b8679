import { editorConnection, browserConnection, type EditorHost } from './connection.ts';
import { keepViews } from './kept-views.ts';
import { AppElement } from './app.ts';
import './data-page.ts';
import './compare-page.ts';
import './gates-page.ts';
import './live-page.ts';
import './model-file-page.ts';
import './readiness-page.ts';
import './runs-page.ts';
import './shadow-page.ts';

declare global {
  interface Window {
    acquireVsCodeApi?: () => EditorHost;
  }
}

const host = window.acquireVsCodeApi?.();
// Without an editor its colours are missing; the stylesheet then brings its own.
document.documentElement.classList.toggle('browser', host === undefined);
const app = new AppElement();
app.connection = host === undefined ? browserConnection(window) : editorConnection(host, window);
app.kept = keepViews(app.connection);
document.body.replaceChildren(app);
