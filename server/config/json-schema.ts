import { z } from 'zod';
import { type MetricName, definitionOf, metricRegistry } from '../stats/metric-registry.ts';
import { config, fairnessMeasures } from './schema.ts';

/** As far as this project reads it: JSON Schema draft 7, with `x-default` for defaults that are not a fixed value. */
export interface JsonSchema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  definitions?: Record<string, JsonSchema>;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  'x-default'?: string;
  'x-metrics'?: Record<string, MetricNote>;
}

/** What an editor tells of a metric while its name is written. */
export interface MetricNote {
  definition: string;
  /** "Higher is better" */
  better: string;
  tasks: string[];
  undefinedWhen: string;
  /** What follows the name and an underscore. */
  parameter?: string;
}

/** The JSON Schema of slipway.yaml, for completion and hover texts in editors and for docs/config.md. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(config, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      if (jsonSchema.title === 'metric') Object.assign(jsonSchema, { anyOf: [{ enum: plainMetrics }, { pattern: parameterPattern }], 'x-metrics': metricNotes });
      // Zod drops examples and defaults of whatever is transformed; ours are written as in the file, so they hold.
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (Array.isArray(examples)) jsonSchema.examples = examples;
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
    },
  });
  return { ...(schema as JsonSchema), title: 'slipway.yaml' };
}

const names = (Object.keys(metricRegistry) as MetricName[]).filter((name) => !(fairnessMeasures as readonly string[]).includes(name));
const plainMetrics = names.filter((name) => definitionOf(name).parameter === undefined);
const parameterPattern = `^(${names.filter((name) => definitionOf(name).parameter !== undefined).join('|')})_[0-9]+(\\.[0-9]+)?$`;
const metricNotes = Object.fromEntries(names.map((name) => [name, noteOf(name)]));

function noteOf(name: MetricName): MetricNote {
  const { definition, better, tasks, undefinedWhen, parameter } = definitionOf(name);
  return { definition, better: typeof better === 'string' ? `${better === 'higher' ? 'Higher' : 'Lower'} is better` : `Best near ${better.target}`, tasks, undefinedWhen, ...(parameter === undefined ? {} : { parameter: parameter.name }) };
}
