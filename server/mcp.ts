import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { tools, type ToolHost } from '../protocol/tools.ts';
import { connect } from './connection.ts';
import { follow } from './follow.ts';
import { Problem, problemBody } from './problem.ts';
import { version } from './version.ts';

/**
 * The tools for agents over the Model Context Protocol, on standard input and output. The workspace is opened for each
 * call and let go after it, so that a server that only waits owns nothing.
 */
export async function serveTools(workspace: string, signal: AbortSignal): Promise<void> {
  const server = new Server({ name: 'slipway', version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, title, description, input, readOnly }) => ({ name, title, description, inputSchema: input, annotations: { readOnlyHint: readOnly, destructiveHint: false, openWorldHint: false } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal: asked }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) return answer(`There is no tool ${params.name}; there are ${tools.map(({ name }) => name).join(', ')}`, true);
    try {
      return answer(await withWorkspace(workspace, AbortSignal.any([signal, asked]), (host) => tool.call(host, params.arguments ?? {})));
    } catch (error) {
      const { detail, hint } = problemBody(error instanceof RangeError ? new Problem('run-missing', error.message) : error);
      return answer(`${detail}. ${hint}.`, true);
    }
  });
  const transport = new StdioServerTransport();
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
    process.stdin.once('end', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(transport);
  await closed;
  await server.close();
}

const answer = (text: string, isError = false) => ({ content: [{ type: 'text' as const, text }], isError });

async function withWorkspace<T>(workspace: string, signal: AbortSignal, act: (host: ToolHost) => Promise<T>): Promise<T> {
  const connection = await connect(workspace, { signal });
  try {
    return await act({
      snapshot: () => connection.snapshot(),
      readRun: (id) => connection.readRun(id),
      async run(command) {
        const { runs, problems } = await follow(connection, command, { bar: null, signal });
        return { runs: runs.map(({ id }) => id), problems: problems.map(({ detail, hint }) => `${detail}. ${hint}.`) };
      },
    });
  } finally {
    await connection.close();
  }
}
