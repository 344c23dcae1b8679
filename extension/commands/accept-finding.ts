import { checkChange, writtenCheck } from '../edit-config.ts';
import * as l10n from '../l10n.ts';
import { problemOf } from '../problem-of.ts';
import { ProblemError, type Session } from '../session.ts';
import { changeConfig } from './change-config.ts';

/** Writes the check under which a finding would not be one. The user looks at it and saves. */
export async function acceptFinding(session: Session, batch: string, id: string): Promise<void> {
  const { dataQuality } = await session.ask({ ask: 'batch', id: batch });
  const finding = dataQuality.findings.find((each) => each.id === id);
  if (finding === undefined) throw new ProblemError(problemOf('not-found', l10n.t('Finding {0} is not in this report', id)));
  const check = writtenCheck(finding.next);
  if (check === null) throw new ProblemError(problemOf('not-found', l10n.t('No check accepts this. {0}', finding.next ?? finding.message)));
  await changeConfig(session, (text) => checkChange(text, check, finding.check.line ?? null), l10n.t('The checks in slipway.yaml cannot be added to as they are written'));
}
