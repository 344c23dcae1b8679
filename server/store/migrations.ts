/** Applied in order, once each; the database is a projection of the journal and can be rebuilt from it. */
export const migrations: readonly string[][] = [
  [
    `CREATE TABLE applied (sequence BIGINT NOT NULL, hash VARCHAR NOT NULL)`,
    `CREATE TABLE models (model VARCHAR NOT NULL, version VARCHAR NOT NULL, digest VARCHAR NOT NULL, path VARCHAR NOT NULL, bytes BIGINT NOT NULL,
       seen_at VARCHAR NOT NULL, document VARCHAR NOT NULL, sequence BIGINT NOT NULL)`,
    `CREATE TABLE runs (id VARCHAR NOT NULL, model VARCHAR NOT NULL, version VARCHAR NOT NULL, digest VARCHAR NOT NULL, evidence_key VARCHAR NOT NULL,
       started_at VARCHAR NOT NULL, verdict VARCHAR NOT NULL, summary VARCHAR NOT NULL, report VARCHAR NOT NULL, sequence BIGINT NOT NULL)`,
    `CREATE TABLE batches (id VARCHAR NOT NULL, dataset VARCHAR NOT NULL, digest VARCHAR NOT NULL, evidence_key VARCHAR NOT NULL,
       checked_at VARCHAR NOT NULL, summary VARCHAR NOT NULL, report VARCHAR NOT NULL, sequence BIGINT NOT NULL)`,
  ],
  [`CREATE TABLE statements (model VARCHAR NOT NULL, document VARCHAR NOT NULL, sequence BIGINT NOT NULL)`],
  [
    `CREATE TABLE shadows (id VARCHAR NOT NULL, model VARCHAR NOT NULL, production_digest VARCHAR NOT NULL, candidate_digest VARCHAR NOT NULL,
       summary VARCHAR NOT NULL, report VARCHAR NOT NULL, sequence BIGINT NOT NULL)`,
  ],
];
