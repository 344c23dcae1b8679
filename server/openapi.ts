import { version } from './version.ts';

const tensor = {
  type: 'object',
  required: ['name', 'shape', 'datatype'],
  properties: {
    name: { type: 'string' },
    shape: { type: 'array', items: { type: 'integer' } },
    datatype: { enum: ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64', 'BYTES'] },
    parameters: { $ref: '#/components/schemas/Parameters' },
    data: { type: 'array', description: 'Row by row, nested or flat. Absent where `binary_data_size` says how many bytes follow the JSON.', items: {} },
  },
};

const schemas = {
  Parameters: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
  Tensor: tensor,
  InferRequest: {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: { type: 'string' },
      parameters: { $ref: '#/components/schemas/Parameters' },
      inputs: { type: 'array', items: { $ref: '#/components/schemas/Tensor' } },
      outputs: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, parameters: { $ref: '#/components/schemas/Parameters' } } } },
    },
  },
  InferResponse: {
    type: 'object',
    required: ['model_name', 'outputs'],
    properties: { model_name: { type: 'string' }, model_version: { type: 'string' }, id: { type: 'string' }, parameters: { $ref: '#/components/schemas/Parameters' }, outputs: { type: 'array', items: { $ref: '#/components/schemas/Tensor' } } },
  },
  Rows: {
    type: 'object',
    required: ['rows'],
    properties: { rows: { type: 'array', minItems: 1, items: { type: 'object', description: 'Values by column name.', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } } } },
  },
  Predictions: {
    type: 'object',
    required: ['model', 'version', 'digest', 'predictions'],
    properties: { model: { type: 'string' }, version: { type: 'string' }, digest: { type: 'string' }, predictions: { type: 'array', items: { type: 'object' } } },
  },
  Error: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
};

export type SchemaName = keyof typeof schemas;

export interface DescribedRoute {
  method: string;
  path: string;
  about: string;
  /** Null: no key is needed. */
  scope: string | null;
  takes?: SchemaName;
  gives?: SchemaName;
}

/** The routes as an OpenAPI document; every route is in it, since it is made from the table that answers them. */
export function openApi(routes: readonly DescribedRoute[], keysNeeded: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, about, scope, takes, gives } of routes) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      summary: about,
      ...(names.length > 0 && { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }),
      ...(takes !== undefined && { requestBody: { required: true, content: { 'application/json': { schema: reference(takes) } } } }),
      responses: { 200: { description: 'OK', ...(gives !== undefined && { content: { 'application/json': { schema: reference(gives) } } }) }, default: { description: 'What is wrong', content: { 'application/json': { schema: reference('Error') } } } },
      ...(keysNeeded && scope !== null && { security: [{ key: [] }] }),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Slipway', version, description: 'Predictions over the Open Inference Protocol, with Triton’s binary tensors, and by column name.' },
    paths,
    components: { schemas, ...(keysNeeded && { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } }) },
  };
}

function reference(name: SchemaName): object {
  return { $ref: `#/components/schemas/${name}` };
}
