import { editIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FeatureChange, FeatureChangeDetail } from '../../api/publishing';
import { Decision } from '../../notebooks/components/Decision';
import { useRefusal } from '../../shell/hooks';
import type { IOctavo } from '../../tokens';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { Chip, Digest, StateDot } from '../../ui/Chip';
import { Card, Facts, Page, Split } from '../../ui/Page';
import { Row, Rows } from '../../ui/Row';
import { Await, Empty, Failure, useResource } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { Differences, Impacts, Remarks } from './components/Plan';
import type { ChangeList, ChangeModel } from './model';
import { isOpen } from './model';

const SHOWN = 5;
const TONES: Record<FeatureChange['state'], Tone> = {
  planned: 'warn',
  approved: 'live',
  applying: 'live',
  applied: 'good',
  rejected: 'idle',
  withdrawn: 'idle',
  cancelled: 'idle',
  failed: 'bad'
};

/** Where a change stands, for people. */
export function stateWords(change: Pick<FeatureChange, 'state' | 'stale'>): string {
  const words: Record<FeatureChange['state'], string> = {
    planned: change.stale ? trans.__('outdated') : trans.__('to review'),
    approved: trans.__('approved'),
    applying: trans.__('being applied'),
    applied: trans.__('applied'),
    rejected: trans.__('rejected'),
    withdrawn: trans.__('withdrawn'),
    cancelled: trans.__('stopped'),
    failed: trans.__('failed')
  };
  return words[change.state];
}

/** What a change is about, in a few words. */
export function countWords(change: FeatureChange): string {
  const parts = [
    change.added > 0 && trans.__('%1 added', change.added),
    change.changed > 0 && trans.__('%1 changed', change.changed),
    change.removed > 0 && trans.__('%1 removed', change.removed),
    change.breaks > 0 && trans._n('breaks %1 reader', 'breaks %1 readers', change.breaks, change.breaks)
  ];
  return parts.filter(Boolean).join(', ');
}

/** The sidebar's section: changes that wait or run first, then the newest. */
export function ChangeSection(props: { list: ChangeList; octavo: IOctavo; onAdd: () => void }): React.JSX.Element {
  const { list, octavo } = props;
  const noAdding = useRefusal(octavo.session, octavo.session.project)('features.propose');
  return (
    <Await resource={list.resource} compact>
      {page => {
        const shown = [...page.items.filter(isOpen), ...page.items.filter(one => !isOpen(one))].slice(0, SHOWN);
        return shown.length === 0 ? (
          <Empty title={trans.__('No changes yet')}>
            {noAdding ?? (
              <button type="button" className="jp-octavo-Link" onClick={props.onAdd}>
                {trans.__('Add a feature view')}
              </button>
            )}
          </Empty>
        ) : (
          <Rows label={trans.__('Changes of features')}>
            {shown.map(one => (
              <Row
                key={one.id}
                lead={<StateDot tone={TONES[one.state]} label={stateWords(one)} />}
                title={one.reason}
                figure={stateWords(one)}
                detail={
                  <>
                    {one.author} · {countWords(one)} · <Time at={one.created_at} />
                  </>
                }
                onOpen={() => octavo.open('feature-change', { project: octavo.session.project, id: one.id })}
              />
            ))}
          </Rows>
        );
      }}
    </Await>
  );
}

/** How many changes wait for this person. */
export function ChangeBadge(props: { list: ChangeList }): React.JSX.Element | null {
  const waiting = (useResource(props.list.resource).value?.items ?? []).filter(one => one.state === 'planned' && !one.why_not_review).length;
  return waiting > 0 ? <>{trans.__('%1 to review', waiting)}</> : null;
}

/** A change in the main area: what it does, whom it reaches, what it costs, and the decision. */
export function ChangePage(props: { model: ChangeModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  const noStop = useRefusal(octavo.session, model.project)('features.cancel');
  return (
    <Await resource={model.change} lines={10}>
      {change => (
        <Page
          icon={editIcon}
          title={trans.__('Change of features')}
          answer={<span dir="auto">{change.reason}</span>}
          chips={<Proof change={change} />}
          locked={change.state === 'approved' || change.state === 'applying' ? [noStop] : []}
          actions={isOpen(change) && <Stop model={model} change={change} me={octavo.session.me.state.value?.name ?? ''} refused={noStop} />}
        >
          <Outcome change={change} />
          <Split
            main={
              <>
                <Differences plan={change.plan} />
                <Impacts plan={change.plan} />
              </>
            }
            side={
              <>
                <Remarks plan={change.plan} />
                {change.state === 'planned' && <Decide model={model} change={change} />}
                <History change={change} />
              </>
            }
          />
        </Page>
      )}
    </Await>
  );
}

function Proof(props: { change: FeatureChangeDetail }): React.JSX.Element {
  const { change } = props;
  return (
    <>
      <Chip tone={TONES[change.state]}>{stateWords(change)}</Chip>
      <Chip>
        {change.author} · <Time at={change.created_at} />
      </Chip>
      <Chip>{countWords(change)}</Chip>
      <Digest value={change.digest} what={trans.__('What is reviewed')} />
      {change.snapshot && <Digest value={change.snapshot} what={trans.__('Registry snapshot')} />}
    </>
  );
}

/** What stands in the way, how far it is, or how it ended. */
function Outcome(props: { change: FeatureChangeDetail }): React.JSX.Element | null {
  const { change } = props;
  if (change.state === 'applying' || change.state === 'approved') {
    const { done, steps, step } = change.progress ?? { done: 0, steps: 7, step: trans.__('waits for the worker') };
    return (
      <Card title={trans.__('Being applied')}>
        <progress className="jp-octavo-Publishing-progress" max={steps} value={done} aria-label={trans.__('Progress of applying')} />
        <p role="status">{change.cancel_asked ? trans.__('It stops at its next step.') : trans.__('%1 of %2: %3', done, steps, step)}</p>
      </Card>
    );
  }
  if (change.stale && change.state === 'planned') {
    return (
      <Card title={trans.__('Outdated')}>
        <p role="status">{trans.__('The features were changed after this was offered: it can only be rejected. Its author offers it again on what is current now.')}</p>
      </Card>
    );
  }
  return change.message ? (
    <Card title={change.state === 'failed' ? trans.__('It failed') : trans.__('How it ended')}>
      <p role={change.state === 'failed' ? 'alert' : 'status'}>{change.message}</p>
    </Card>
  ) : null;
}

function Decide(props: { model: ChangeModel; change: FeatureChangeDetail }): React.JSX.Element {
  const { model, change } = props;
  return (
    <Decision
      effect={trans.__('Approved, it is built and becomes what every new reader gets.')}
      digest={change.digest}
      may={!change.why_not_review}
      because={change.why_not_review}
      approve={trans.__('Approve')}
      reject={trans.__('Reject')}
      onDecide={body => model.decide(body)}
    />
  );
}

function Stop(props: { model: ChangeModel; change: FeatureChangeDetail; me: string; refused: string | undefined }): React.JSX.Element | null {
  const { model, change, me } = props;
  const stop = useAction(() => model.cancel());
  if (change.state === 'planned' && change.author !== me) {
    return null;
  }
  return (
    <>
      {stop.error && <Failure error={stop.error} />}
      <Button busy={stop.busy} disabled={change.cancel_asked} refused={props.refused} onClick={() => stop.run()}>
        {change.state === 'planned' ? trans.__('Withdraw') : trans.__('Stop applying')}
      </Button>
    </>
  );
}

function History(props: { change: FeatureChangeDetail }): React.JSX.Element {
  const { change } = props;
  const facts: [string, React.ReactNode][] = [
    [trans.__('Offered'), <Time key="made" at={change.created_at} />],
    [trans.__('By'), change.author]
  ];
  if (change.reviewer) {
    facts.push([trans.__('Decided'), <Time key="decided" at={change.reviewed_at} />], [trans.__('Reviewer'), change.reviewer], [trans.__('Reason'), change.review_reason ?? '']);
  }
  if (change.ended_at) {
    facts.push([trans.__('Ended'), <Time key="ended" at={change.ended_at} />]);
  }
  return (
    <Card title={trans.__('History')}>
      <Facts facts={facts} />
    </Card>
  );
}
