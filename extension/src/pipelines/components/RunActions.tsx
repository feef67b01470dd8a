import { notebookIcon, refreshIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { PipelineRun } from '../../api/pipelines';
import type { Permission } from '../../shell/session';
import type { IOctavo } from '../../tokens';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { askReason } from '../../ui/form';
import { Failure } from '../../ui/states';
import { trans } from '../../words';
import type { IPipelineActions } from '../actions';
import type { PipelineRunModel } from '../runModel';
import { ended } from './RunList';

/** Props of what can be done with a run. */
export interface IRunActionsProps {
  model: PipelineRunModel;
  run: PipelineRun;
  octavo: IOctavo;
  actions: IPipelineActions;
  refusal: (permission: Permission) => string | undefined;
}

/** What can be done with a run as it stands now. */
export function RunActions(props: IRunActionsProps): React.JSX.Element {
  const { run, actions } = props;
  const over = ended(run.state);
  return (
    <>
      {run.state === 'unknown' && <Decide {...props} />}
      {!over && run.state !== 'unknown' && <Cancel {...props} />}
      {over && run.kind === 'graph' && run.state !== 'succeeded' && <Resume {...props} />}
      {over && run.pipeline && !run.step && <Again {...props} />}
      {run.kind !== 'graph' && (
        <Button kind={over ? 'primary' : 'plain'} icon={notebookIcon} refused={run.output_digest ? undefined : trans.__('There is no output notebook yet.')} onClick={() => actions.openOutput(run)}>
          {trans.__('Open output notebook')}
        </Button>
      )}
    </>
  );
}

function Cancel(props: IRunActionsProps): React.JSX.Element {
  const { model, run, refusal } = props;
  const cancel = useAction(() => model.cancel());
  const refused = run.cancel_requested_by ? trans.__('%1 has cancelled it.', run.cancel_requested_by) : refusal('pipelines.cancel');
  return (
    <>
      {cancel.error && <Failure error={cancel.error} compact />}
      <Button icon={stopIcon} busy={cancel.busy} refused={refused} onClick={() => cancel.run()}>
        {trans.__('Cancel run')}
      </Button>
    </>
  );
}

/** Go on where a graph failed; what succeeded isn't run again. */
function Resume(props: IRunActionsProps): React.JSX.Element {
  const { model, octavo, refusal } = props;
  const resume = useAction(async () => {
    const run = await model.resume();
    octavo.open('pipeline-run', { project: run.project, id: run.id });
  });
  return (
    <>
      {resume.error && <Failure error={resume.error} compact />}
      <Button kind="primary" icon={runIcon} busy={resume.busy} refused={refusal('pipelines.run')} label={trans.__('Run the steps that failed and all after them, with the settings this run had')} onClick={() => resume.run()}>
        {trans.__('Resume from the failed step')}
      </Button>
    </>
  );
}

function Again(props: IRunActionsProps): React.JSX.Element {
  const { run, actions, refusal } = props;
  const again = useAction(() => actions.again(run));
  return (
    <>
      {again.error && <Failure error={again.error} compact />}
      <Button icon={refreshIcon} busy={again.busy} refused={refusal('pipelines.run')} onClick={() => again.run()}>
        {trans.__('Run again…')}
      </Button>
    </>
  );
}

/** A person's decision about a run whose outcome nobody knows. */
function Decide(props: IRunActionsProps): React.JSX.Element {
  const { model, refusal } = props;
  const refused = refusal('pipelines.resolve');
  const decide = (decision: 'retry' | 'give_up'): void =>
    askReason({
      title: decision === 'retry' ? trans.__('Run it once more') : trans.__('Give the run up'),
      body: trans.__('Nobody knows what the last attempt did. Look at its log and its output before you decide.'),
      submit: decision === 'retry' ? trans.__('Retry') : trans.__('Give up'),
      label: trans.__('Why'),
      least: 10,
      step: reason => model.resolve(decision, reason)
    });
  return (
    <>
      <Button refused={refused} onClick={() => decide('give_up')}>
        {trans.__('Give up')}
      </Button>
      <Button kind="primary" refused={refused} onClick={() => decide('retry')}>
        {trans.__('Retry')}
      </Button>
    </>
  );
}
