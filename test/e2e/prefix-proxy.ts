import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface PrefixProxy {
  origin: string;
  close(): Promise<void>;
}

/** Serves another server under a path of its own, as a company's gateway does; a request for anything else is refused. */
export async function openPrefixProxy(origin: string, prefix: string): Promise<PrefixProxy> {
  const { hostname, port } = new URL(origin);
  const inner = ({ url = '/' }: IncomingMessage): string | null => (url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`) ? url.slice(prefix.length).replace(/^(?!\/)/, '/') : null);
  const server = createServer((asked, answer) => {
    const path = inner(asked);
    if (path === null) return void answer.writeHead(404).end();
    const passed = request({ hostname, port, path, method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  // Those that were upgraded are no longer the server's to close.
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (asked, client, head) => {
    const path = inner(asked);
    if (path === null) return void client.destroy();
    const passed = connect(Number(port), hostname, () => {
      const headers = asked.rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${asked.rawHeaders[index + 1]}`] : []));
      passed.write(`${asked.method ?? 'GET'} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      passed.write(head);
      passed.pipe(client).pipe(passed);
    });
    upgraded.add(client);
    client.once('close', () => upgraded.delete(client));
    for (const [one, other] of [[passed, client], [client, passed]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        for (const each of upgraded) each.destroy();
        server.close(() => resolve());
      }),
  };
}
