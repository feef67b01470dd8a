import { caretDownIcon, listIcon, refreshIcon, tableRowsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Run, RunField } from '../api/experiments';
import { completeFilter, tagRuns } from '../api/experiments';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { openForm } from '../ui/form';
import { below, openMenu } from '../ui/menu';
import { Page } from '../ui/Page';
import { useResource } from '../ui/states';
import { trans } from '../words';
import type { IRunActions } from './actions';
import { PickedBar } from './components/RunTablePicked';
import type { ILinePoint, IScroller, LineDeed } from './components/RunTable';
import { RunTable } from './components/RunTable';
import { RunTableColumns } from './components/RunTableColumns';
import { RunTableFilter } from './components/RunTableFilter';
import { GroupBy } from './components/RunTableGroup';
import { TableState } from './components/RunTableState';
import { RunTableTags } from './components/RunTableTags';
import { headActions, useFrame } from './frame';
import { rowMenu } from './rowMenu';
import type { RunsModel } from './runsModel';
import { SavedViews } from './savedViews';
import { MOST_PICKED } from './table/picking';
import { failed, tagged, unless } from './told';
import { viewsMenu } from './viewsMenu';

/** Props of the page of runs. */
export interface IRunsPageProps {
  model: RunsModel;
  octavo: IOctavo;
  actions: IRunActions;
}

/** All runs as a table in the main area. */
export function RunsPage(props: IRunsPageProps): React.JSX.Element {
  const { model, octavo } = props;
  const version = useVersion(model);
  const found = useResource(model.found);
  const fields = useResource(model.fields).value ?? NO_FIELDS;
  const [choosing, setChoosing] = React.useState(false);
  const complete = React.useCallback((filter: string, at: number, signal: AbortSignal) => completeFilter(octavo.requests, model.project, filter, at, signal), [octavo, model]);
  const use = React.useCallback((filter: string) => model.ask({ filter: filter.trim() }), [model]);
  const refused = found.error?.status === 422 ? found.error.message : undefined;
  const runs = found.value?.runs;
  return (
    <Page
      fills
      icon={tableRowsIcon}
      title={model.asked.experiment || trans.__('Runs')}
      answer={runs === undefined ? trans.__('Looking for runs') : answer(runs, found.value?.groups ?? null)}
      actions={<PageActions {...props} choosing={choosing} onChoose={() => setChoosing(!choosing)} />}
    >
      <div className="jp-octavo-RunsBar">
        <RunTableFilter value={model.asked.filter} complete={complete} refused={refused} onUse={use} />
        <GroupBy value={model.asked.group} fields={fields} onGroup={group => model.ask({ group })} />
      </div>
      <div className="jp-octavo-RunsBody">
        <div className="jp-octavo-RunsBody-table">
          <TableState state={found} refused={refused !== undefined} model={model} />
          {found.value && model.lines.total > 0 && <Grid {...props} version={version} />}
        </div>
        {choosing && <RunTableColumns layout={model.layout} fields={fields} onLayout={layout => model.show(layout)} onClose={() => setChoosing(false)} />}
      </div>
      {model.picking.runs.size > 0 && <Picked {...props} />}
    </Page>
  );
}

const NO_FIELDS: ReadonlyMap<string, RunField> = new Map();

/** Draws anew whenever the model changes; the number tells one drawing from the next. */
function useVersion(model: RunsModel): number {
  const [version, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    model.changed.connect(draw);
    return () => {
      model.changed.disconnect(draw);
    };
  }, [model]);
  return version;
}

function PageActions(props: IRunsPageProps & { choosing: boolean; onChoose: () => void }): React.JSX.Element {
  const { model, octavo } = props;
  const saved = React.useMemo(() => new SavedViews(octavo.requests, model.project), [octavo, model]);
  React.useEffect(() => () => saved.dispose(), [saved]);
  const views = useResource(saved.list).value?.items.length ?? 0;
  const [button] = React.useState(() => React.createRef<HTMLSpanElement>());
  /** What others saved a moment ago is offered too: the menu opens once the newest list is there. */
  const offer = async (): Promise<void> => {
    await saved.list.refresh();
    if (button.current) {
      openMenu(viewsMenu(model, saved, octavo.session.refusal('experiments.write', model.project)), below(button.current));
    }
  };
  const compare = (): void => octavo.open('compare', { project: model.project, runs: [...model.picking.runs].join(',') });
  return (
    <>
      <span ref={button}>
        <Button icon={caretDownIcon} label={trans.__('Saved views')} onClick={() => void offer()}>
          {model.view?.name ?? (views > 0 ? trans._n('%1 view', '%1 views', views) : trans.__('Views'))}
        </Button>
      </span>
      <Button icon={listIcon} onClick={props.onChoose}>
        {trans.__('Columns')}
      </Button>
      <Button kind="quiet" icon={refreshIcon} label={trans.__('Refresh runs')} busy={model.found.state.loading && model.found.state.value === undefined} onClick={() => void model.found.refresh()} />
      <Button kind="primary" refused={model.picking.runs.size < 2 ? trans.__('Pick two or more runs to compare them.') : undefined} onClick={compare}>
        {trans.__('Compare')}
      </Button>
    </>
  );
}

/** The grid with what a person's clicks and keys do to the model. */
function Grid(props: IRunsPageProps & { version: number }): React.JSX.Element {
  const { model, octavo, actions } = props;
  const frame = useFrame(model);
  const scroller = React.useRef<IScroller | null>(null);
  React.useEffect(() => {
    const shift = (_: RunsModel, lines: number): void => scroller.current?.shift(lines);
    model.shifted.connect(shift);
    return () => {
      model.shifted.disconnect(shift);
    };
  }, [model]);
  React.useLayoutEffect(() => scroller.current?.toTop(), [model.restarted]);
  const pickAll = (): void => void model.pickBetween(0, Math.min(model.lines.total, MOST_PICKED)).catch(failed);
  const toggleAll = (): void => (model.picking.runs.size > 0 ? model.clearPicked() : pickAll());
  const onDeed = (deed: LineDeed, line: number, run: Run | undefined, at: ILinePoint): void => {
    const { project } = model;
    if (deed === 'group') {
      return line >= 0 ? model.toggleGroup(line) : undefined;
    }
    if (deed === 'pickTo') {
      return void model.pickTo(line, at.from).catch(failed);
    }
    if (!run) {
      return;
    }
    const newest = run.registered[run.registered.length - 1];
    const deeds = {
      open: () => octavo.open('run', { project, id: run.run_id }),
      menu: () => openMenu(rowMenu(props, run, at.field), at),
      pick: () => model.pick(run.run_id, line),
      register: () => unless(octavo.session.refusal('registry.register', project), () => actions.register(project, run)),
      deploy: () => newest && unless(octavo.session.refusal('deployments.request', project), () => actions.deploy(project, newest))
    };
    deeds[deed]();
  };
  return (
    <RunTable
      lines={model.lines}
      version={props.version}
      frame={frame}
      order={model.asked.order}
      picked={model.picking.runs}
      head={{ ...headActions(model), pickAll: toggleAll }}
      onSee={React.useCallback(seen => model.see(seen.first, seen.end, seen.top), [model])}
      onDeed={onDeed}
      onPickAll={pickAll}
      onClear={() => model.clearPicked()}
      scroller={scroller}
    />
  );
}

/** What can be done with the picked runs together. */
function Picked(props: IRunsPageProps): React.JSX.Element {
  const { model, octavo, actions } = props;
  const runs = [...model.picking.runs];
  const send = async (change: Parameters<typeof tagRuns>[2]): Promise<void> => {
    const result = await tagRuns(octavo.requests, model.project, change);
    octavo.session.touch();
    tagged(result, () => void undo(result.undo).catch(failed));
  };
  const undo = async (changes: readonly Parameters<typeof tagRuns>[2][]): Promise<void> => {
    for (const change of changes) {
      await tagRuns(octavo.requests, model.project, change);
    }
    octavo.session.touch();
  };
  const names = [...(model.fields.state.value?.values() ?? [])].filter(field => field.kind === 'tag').map(field => field.name);
  return (
    <PickedBar
      count={runs.length}
      refused={octavo.session.refusal('experiments.write', model.project)}
      onTag={() => openForm(trans.__('Tag runs'), close => <RunTableTags runs={runs} names={names} onTag={send} onDone={close} />)}
      onNotebooks={runs.length === 2 ? () => actions.compareNotebooks(model.project, runs) : undefined}
      onClear={() => model.clearPicked()}
    />
  );
}

function answer(runs: number, groups: number | null): string {
  const all = trans._n('%2 run', '%2 runs', runs, runs.toLocaleString('en-US'));
  return groups === null ? all : trans._n('%3 in %2 group', '%3 in %2 groups', groups, groups.toLocaleString('en-US'), all);
}
