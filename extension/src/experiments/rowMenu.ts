import { copyIcon, filterIcon, notebookIcon, tableRowsIcon } from '@jupyterlab/ui-components';

import type { Run } from '../api/experiments';
import { readRun } from '../api/experiments';
import { modelIcon } from '../icon';
import type { IOctavo } from '../tokens';
import type { IMenuItem } from '../ui/menu';
import { trans } from '../words';
import type { IRunActions } from './actions';
import type { RunsModel } from './runsModel';
import { both } from './runsModel';
import { sameValue } from './table/clauses';
import { columnOf } from './table/columns';
import { failed } from './told';

/** What the menu of a run works with. */
export interface IRowMenu {
  readonly model: RunsModel;
  readonly octavo: IOctavo;
  readonly actions: IRunActions;
}

/** Everything one can do with a run, the next step of the golden path first. */
export function rowMenu({ model, octavo, actions }: IRowMenu, run: Run, field: string | undefined): (IMenuItem | null)[] {
  const { project } = model;
  const newest = run.registered[run.registered.length - 1];
  const clause = field ? sameValue(run, columnOf(field)) : null;
  return [
    {
      label: trans.__('Register model…'),
      icon: modelIcon,
      refused: octavo.session.refusal('registry.register', project) ?? (run.models > 0 ? undefined : trans.__('The run has logged no model.')),
      onClick: () => actions.register(project, run)
    },
    {
      label: newest ? trans.__('Request deployment of %1…', newest) : trans.__('Request deployment…'),
      refused: octavo.session.refusal('deployments.request', project) ?? (newest ? undefined : trans.__('Register its model first.')),
      onClick: () => newest && actions.deploy(project, newest)
    },
    null,
    { label: trans.__('Open run'), icon: tableRowsIcon, onClick: () => octavo.open('run', { project, id: run.run_id }) },
    {
      label: trans.__('Open notebook version'),
      icon: notebookIcon,
      refused: run.notebook ? undefined : trans.__('The run does not say which notebook made it.'),
      onClick: () => actions.openNotebook(project, run)
    },
    { label: trans.__('Open in MLflow'), onClick: () => void openTracking(octavo, project, run) },
    null,
    {
      label: run.baseline ? trans.__('Unpin as baseline') : trans.__('Pin as baseline'),
      refused: octavo.session.refusal('experiments.write', project),
      caption: trans.__('The other runs of %1 show how their metrics differ from it.', run.experiment),
      onClick: () => void model.baseline(run).catch(failed)
    },
    ...(clause ? [{ label: trans.__('Show only %1', clause.slice(0, 80)), icon: filterIcon, onClick: () => model.ask({ filter: both(model.asked.filter, clause) }) }] : []),
    { label: trans.__('Copy run id'), icon: copyIcon, onClick: () => void navigator.clipboard.writeText(run.run_id) }
  ];
}

/** Show a run in MLflow's own pages, in a tab of its own. */
async function openTracking(octavo: IOctavo, project: string, run: Run): Promise<void> {
  try {
    const detail = await readRun(octavo.requests, project, run.run_id, '');
    window.open(detail.tracking_url, '_blank', 'noopener');
  } catch (error) {
    failed(error);
  }
}
