import * as l10n from '../l10n.ts';
import type { Session } from '../session.ts';
import { acceptFinding as accepting } from '../slipway-yaml/accept-finding.ts';
import { changeConfig } from './change-config.ts';

/** Writes the check under which a finding would not be one. The user looks at it and saves. */
export async function acceptFinding(session: Session, batch: string, finding: string): Promise<void> {
  const report = await session.ask({ ask: 'batch', id: batch });
  await changeConfig(session, (text) => accepting(text, report, finding), l10n.t('No check in slipway.yaml would accept this: it is the data that has to be mended'));
}
