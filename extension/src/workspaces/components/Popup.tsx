import * as React from 'react';

import type { QuotaLeft, WorkspaceSession } from '../../api/workspaces';
import { atWork, details, idleRule, outlook } from '../../shell/outlook';
import { Button } from '../../ui/Button';
import { duration, local, money } from '../../ui/format';
import { Facts } from '../../ui/Page';
import { trans } from '../../words';

/** Props of what opens over the status bar. */
export interface IPopupProps {
  session: WorkspaceSession;
  now: Date;
  onExtend: () => void;
  onHandOff: () => void;
  onStop: () => void;
}

/** What the workspace is, costs and may still use, when it stops, and what can be done about that. */
export function Popup(props: IPopupProps): React.JSX.Element {
  const { session, now } = props;
  const next = outlook(session, now);
  return (
    <section className="jp-octavo-Workspace" role="dialog" aria-label={trans.__('This workspace')}>
      <h2 className={`jp-mod-${next.level}`} title={details(session)}>
        {next.text}
      </h2>
      {session.rescue && <p className="jp-octavo-Workspace-rescue">{rescueSentence(session)}</p>}
      <Facts facts={facts(session)} />
      <div className="jp-octavo-Workspace-actions">
        <Button refused={noExtension(session)} onClick={props.onExtend}>
          {session.extension_minutes_left > 0 ? trans.__('Extend by %1 min', session.extension_minutes_left) : trans.__('Extend')}
        </Button>
        <Button refused={noHandOff(session)} onClick={props.onHandOff}>
          {trans.__('Hand off…')}
        </Button>
        <Button kind="danger" onClick={props.onStop}>
          {trans.__('Stop workspace…')}
        </Button>
      </div>
    </section>
  );
}

/** What is full, and what to do; in the words of whoever opened the workspace where there are any. */
export function rescueSentence(session: WorkspaceSession): string {
  const said = session.notices.find(notice => notice.kind === 'home')?.message;
  return said ?? trans.__('Your home folder is full; this is a rescue workspace. Delete or move files there, then stop it and start again.');
}

/** Why the idle rule can't be extended; undefined when it can. */
export function noExtension(session: WorkspaceSession): string | undefined {
  if (session.extension_minutes_left > 0) {
    return undefined;
  }
  return session.extended_until === null
    ? trans.__('%1 has no extension, or it was used.', session.profile.title)
    : trans.__('The one extension was used; it holds until %1.', local(session.extended_until));
}

/** Why the notebook can't be handed off; undefined when it can. */
export function noHandOff(session: WorkspaceSession): string | undefined {
  if (session.hand_off_to.length > 0) {
    return undefined;
  }
  return session.profile.resources.gpu > 0
    ? trans.__('No profile without a GPU may run pipelines for you in %1.', session.project)
    : trans.__('This workspace has no GPU to give back.');
}

function facts(session: WorkspaceSession): readonly (readonly [string, React.ReactNode])[] {
  const { profile } = session;
  return [
    [trans.__('Profile'), <span title={profile.description}>{trans.__('%1 · %2 an hour', profile.title, money(profile.price_eur_per_hour))}</span>],
    [trans.__('Project'), session.project],
    [trans.__('Now'), atWork(session)],
    [trans.__('Cost so far'), trans.__('%1 for %2', money(session.cost_eur), duration(session.seconds))],
    [trans.__('Budget left'), trans.__('%1 this month', money(session.budget_left_eur))],
    ...session.quotas.map(quota => [quotaName(quota), quotaLeft(quota)] as const),
    [trans.__('Idle rule'), idleRule(session)],
    [trans.__('Ends by'), session.ends_at === null ? trans.__('not known') : local(session.ends_at)]
  ];
}

const RESOURCES: Record<QuotaLeft['resource'], () => string> = {
  core_hours: () => trans.__('Core hours left'),
  gib_hours: () => trans.__('GiB hours left'),
  gpu_hours: () => trans.__('GPU hours left')
};

function quotaName(quota: QuotaLeft): string {
  return RESOURCES[quota.resource]();
}

function quotaLeft(quota: QuotaLeft): React.ReactNode {
  const whose = { person: trans.__('you'), group: quota.name, project: quota.name }[quota.scope];
  return <span title={trans.__('%1 used', quota.used.toFixed(1))}>{trans.__('%1 of %2 in %3 days, for %4', quota.left.toFixed(1), quota.limit.toFixed(1), quota.window_days, whose)}</span>;
}
