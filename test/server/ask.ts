import { request } from 'node:http';
import type { Connection } from '../../server/connection.ts';

export interface Answer<T = unknown> {
  status: number;
  body: T;
}

/** Asks an owner as a client does that has read its address. */
export function ask<T>({ address }: Pick<Connection, 'address'>, method: 'GET' | 'POST' | 'DELETE', path: string, body?: string): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', authorization: `Bearer ${address.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) };
    const outgoing = request({ socketPath: address.socket, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as T }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
