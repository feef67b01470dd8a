import { listIcon, notebookIcon, runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LintAnswer, ReleaseList, Submission, SubmissionList, SubmissionSummary } from '../api/notebooks';
import { lintNotebook, submitNotebook } from '../api/notebooks';
import type { ProfileCards } from '../api/workspaces';
import { listProfiles } from '../api/workspaces';
import { Lineage } from '../lineage/panel';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import type { Tone } from '../ui/Chip';
import { Chip, Digest, StateDot, VerdictChip } from '../ui/Chip';
import { exact } from '../ui/format';
import { Sentences } from '../ui/lists';
import { Card, Facts, Page, Split } from '../ui/Page';
import { Row } from '../ui/Row';
import { Await, Failure, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { Decision } from './components/Decision';
import type { ISought } from './components/Diff';
import { Diff, diffLine } from './components/Diff';
import { Findings, lintLine } from './components/Findings';
import { valueOf } from './components/parameters';
import { Checks, ReleaseContent, ReleaseSide } from './components/ReleaseFacts';
import { SubmitForm } from './components/SubmitForm';
import { ReplayCard } from './components/VerdictCard';
import type { ReleaseModel, ReviewModel } from './model';

const TONES: Record<Submission['state'], Tone> = {
  queued: 'idle',
  replaying: 'live',
  reviewable: 'warn',
  failed: 'bad',
  approved: 'good',
  rejected: 'bad'
};

/** What the notebooks' views ask the other areas for. */
export interface IReleaseActions {
  run: (project: string, release: ReleaseList['items'][number]) => void;
}

/** Say where a submission stands. */
export function submissionState(state: Submission['state']): string {
  return {
    queued: trans.__('waits for its replay'),
    replaying: trans.__('is being replayed'),
    reviewable: trans.__('to review'),
    failed: trans.__('replay failed'),
    approved: trans.__('approved'),
    rejected: trans.__('sent back')
  }[state];
}

/** A submission in the sidebar. */
export function SubmissionRow(props: { submission: SubmissionSummary; octavo: IOctavo }): React.JSX.Element {
  const { submission, octavo } = props;
  const open = (): void => octavo.open('review', { project: submission.project, id: submission.id });
  return (
    <Row
      lead={<StateDot tone={TONES[submission.state]} label={submission.state} />}
      title={submission.name}
      figure={submissionState(submission.state)}
      detail={
        <>
          {submission.submitted_by} · <Time at={submission.submitted_at} />
        </>
      }
      onOpen={open}
      next={submission.state === 'reviewable' ? { label: trans.__('Review'), icon: listIcon, onClick: open } : undefined}
    />
  );
}

/** Keep the submissions that still want something of somebody. */
export function waiting(page: SubmissionList | undefined): SubmissionSummary[] {
  return (page?.items ?? []).filter(one => one.state !== 'approved' && one.state !== 'rejected');
}

/** The submission dialog's body: lints the notebook first. */
export function Submit(props: { octavo: IOctavo; path: string; notebook: Record<string, unknown>; onDone: (submission: Submission | null) => void; onCell?: (cell: number) => void }): React.JSX.Element {
  const { octavo, path, notebook } = props;
  const project = octavo.session.project;
  const lint = React.useMemo(
    () =>
      new Resource<[LintAnswer, ProfileCards]>(signal =>
        Promise.all([lintNotebook(octavo.requests, project, notebook, signal), listProfiles(octavo.requests, project, signal)])
      ),
    [octavo, project, notebook]
  );
  React.useEffect(() => {
    void lint.refresh();
    return () => lint.dispose();
  }, [lint]);
  const { session: mine } = octavo.session.mine;
  return (
    <Await resource={lint}>
      {([answer, cards]) => (
        <SubmitForm
          path={path}
          lint={answer}
          profiles={cards.items}
          before={mine?.profile.id}
          said={mine?.notices.find(notice => notice.kind === 'retired')?.message}
          onSubmit={async body => props.onDone(await submitNotebook(octavo.requests, project, { ...body, notebook }))}
          onCancel={() => props.onDone(null)}
          onCell={
            props.onCell &&
            (cell => {
              props.onDone(null);
              props.onCell?.(cell);
            })
          }
        />
      )}
    </Await>
  );
}

/** A review in the main area. */
export function ReviewPage(props: { model: ReviewModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  const diff = useResource(model.diff).value;
  const [sought, setSought] = React.useState<ISought | null>(null);
  return (
    <Await resource={model.submission} lines={10}>
      {submission => (
        <Page
          icon={notebookIcon}
          title={submission.name}
          answer={[submissionState(submission.state), diff ? diffLine(diff) : ''].filter(Boolean).join(' · ')}
          chips={<ReviewProof submission={submission} octavo={octavo} />}
        >
          {submission.note && <blockquote className="jp-octavo-Note">{submission.note}</blockquote>}
          <Split
            main={
              <Card title={trans.__('Notebook')} aside={<span className="jp-octavo-Muted">{submission.path}</span>}>
                <Await resource={model.diff}>{found => <Diff diff={found} sought={sought} />}</Await>
              </Card>
            }
            side={<ReviewSide submission={submission} model={model} onCell={cell => setSought({ cell })} />}
            follow
          />
        </Page>
      )}
    </Await>
  );
}

function ReviewProof(props: { submission: Submission; octavo: IOctavo }): React.JSX.Element {
  const { submission, octavo } = props;
  return (
    <>
      <Chip tone={TONES[submission.state]}>{submissionState(submission.state)}</Chip>
      <Chip>
        {submission.submitted_by} · <Time at={submission.submitted_at} />
      </Chip>
      {submission.bundle_digest && <Digest value={submission.bundle_digest} what={trans.__('All that is reviewed')} />}
      {submission.release && (
        <Chip onClick={() => octavo.open('release', { project: submission.project, digest: submission.release ?? '' })}>{trans.__('Open release')}</Chip>
      )}
    </>
  );
}

function ReviewSide(props: { submission: Submission; model: ReviewModel; onCell: (cell: number) => void }): React.JSX.Element {
  const { submission, model } = props;
  return (
    <>
      <ReplayCard submission={submission} />
      <Card title={trans.__('Lint')} aside={lintLine(submission.lint.errors, submission.lint.warnings)}>
        <Findings report={submission.lint} onCell={props.onCell} />
      </Card>
      <Card title={trans.__('Policy')} aside={submission.policy && <Chip tone={submission.policy.allowed ? 'good' : 'bad'}>{submission.policy.allowed ? trans.__('would allow') : trans.__('refuses')}</Chip>}>
        {submission.policy ? <Sentences label={trans.__('What the policy says')} sentences={submission.policy.reasons} /> : <p className="jp-octavo-Muted">{trans.__('Asked once the replay is done.')}</p>}
      </Card>
      <Card title={trans.__('Runs with')}>
        <Facts
          facts={[
            [trans.__('Profile'), submission.profile],
            [trans.__('Inputs'), trans.__('%1 pinned', submission.inputs.length)],
            [trans.__('Environment'), submission.environment ? <Digest key="env" value={submission.environment.digest} what={trans.__('Environment lock')} /> : '–'],
            ...submission.parameters.map(parameter => [parameter.name, `${String(valueOf(parameter, submission.replay_parameters))}${parameter.unit ? ` ${parameter.unit}` : ''} (${parameter.type})`] as const)
          ]}
        />
      </Card>
      {submission.review ? (
        <Card title={trans.__('Decision')}>
          <p>
            <Chip tone={submission.review.decision === 'approve' ? 'good' : 'bad'}>{submission.review.decision === 'approve' ? trans.__('approved') : trans.__('sent back')}</Chip> {submission.review.reviewer} · <Time at={submission.review.at} />
          </p>
          <p>{submission.review.reason}</p>
        </Card>
      ) : (
        <Decision
          effect={trans.__('Approving signs exactly what is shown here as the next release of %1. Only that release can run in production.', submission.name)}
          digest={submission.bundle_digest}
          may={submission.may_review}
          because={submission.may_not_review_because || submissionState(submission.state)}
          approve={trans.__('Approve')}
          reject={trans.__('Send back')}
          onDecide={body => model.decide(body)}
        />
      )}
    </>
  );
}

/** A release in the main area. */
export function ReleasePage(props: { model: ReleaseModel; octavo: IOctavo; actions: IReleaseActions }): React.JSX.Element {
  const { model, octavo, actions } = props;
  const verification = useResource(model.verification);
  return (
    <Await resource={model.release} lines={10}>
      {release => (
        <Page
          icon={notebookIcon}
          title={trans.__('%1 release %2', release.name, release.number)}
          answer={trans.__('Approved by %1, signed, runs exactly as reviewed', release.approved_by)}
          chips={
            <>
              <Digest value={release.digest} what={trans.__('Release')} />
              <VerdictChip outcome={release.verdict} title={trans.__('Outcome of its replay')} />
              {verification.value && (
                <Chip tone={verification.value.ok ? 'good' : 'bad'} title={exact(new Date(verification.value.verified_at))}>
                  {verification.value.ok ? trans.__('verified just now') : trans.__('does not verify')}
                </Chip>
              )}
            </>
          }
          actions={
            <>
              <Button busy={verification.loading} onClick={() => void model.verification.refresh()}>
                {trans.__('Verify now')}
              </Button>
              <Button kind="primary" icon={runIcon} onClick={() => actions.run(model.project, release)}>
                {trans.__('Run')}
              </Button>
            </>
          }
        >
          {verification.error && <Failure error={verification.error} />}
          {verification.value && <Checks verification={verification.value} />}
          <Split
            main={<ReleaseContent release={release} />}
            side={<ReleaseSide release={release} onSubmission={() => octavo.open('review', { project: model.project, id: release.submission })} />}
          />
          <Card title={trans.__('Lineage')}>
            <Lineage octavo={octavo} project={model.project} node={`release:${model.project}/${model.digest}`} />
          </Card>
        </Page>
      )}
    </Await>
  );
}
