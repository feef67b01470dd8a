import { tableRowsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ComparedRun, Comparison } from '../api/comparison';
import type { IOctavo } from '../tokens';
import { Page } from '../ui/Page';
import { Await } from '../ui/states';
import type { ITab } from '../ui/Tabs';
import { Tabs } from '../ui/Tabs';
import { trans } from '../words';
import type { CompareModel } from './compareModel';
import { runLabels } from './comparison/labels';
import { lineStyle } from './comparison/styles';
import { Artifacts } from './components/Artifacts';
import { CurvesPanel } from './components/CurvesPanel';
import { Differences } from './components/Differences';
import { NotebookTab } from './components/NotebookTab';
import { ParallelCoordinates } from './components/ParallelCoordinates';
import { RunLegend } from './components/RunLegend';

/** Runs whose curves and files are shown to begin with. */
const FIRST_DRAWN = 8;
/** Runs whose curves and files can be shown together. */
const MOST_DRAWN = 20;

/** Runs side by side in the main area, what differs first. */
export function ComparePage(props: { model: CompareModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.comparison} lines={10}>
      {found => (
        <Page icon={tableRowsIcon} title={trans.__('Compare runs')} answer={answer(found)}>
          <Sides comparison={found} model={model} octavo={octavo} />
        </Page>
      )}
    </Await>
  );
}

function Sides(props: { comparison: Comparison; model: CompareModel; octavo: IOctavo }): React.JSX.Element {
  const { comparison, model, octavo } = props;
  const { requests } = octavo;
  const { project } = model;
  const runs = comparison.runs;
  const labels = React.useMemo(() => runLabels(runs), [runs]);
  const styles = React.useMemo(() => new Map(runs.map((run, index) => [run.run_id, lineStyle(index)])), [runs]);
  const [drawn, draw] = React.useState<ReadonlySet<string>>(() => new Set(runs.slice(0, FIRST_DRAWN).map(run => run.run_id)));
  const shown = React.useMemo(() => runs.filter(run => drawn.has(run.run_id)), [runs, drawn]);
  const open = (run: ComparedRun): void => octavo.open('run', { project, id: run.run_id });
  const narrow = (ids: readonly string[]): void => octavo.open('compare', { project, runs: ids.join(',') });
  const legend = <RunLegend runs={runs} labels={labels} styles={styles} drawn={drawn} most={MOST_DRAWN} onDraw={draw} onOpen={open} />;
  const tabs: ITab[] = [
    { id: 'differences', label: trans.__('What differs'), count: comparison.different, content: () => <Differences comparison={comparison} labels={labels} onOpen={open} /> },
    {
      id: 'curves',
      label: trans.__('Curves'),
      count: comparison.curves.length,
      content: () => (
        <>
          {legend}
          <CurvesPanel requests={requests} project={project} runs={shown} styles={styles} metrics={comparison.curves} beat={model.beat.count} />
        </>
      )
    },
    { id: 'parallel', label: trans.__('Parallel coordinates'), content: () => <ParallelCoordinates comparison={comparison} labels={labels} onOpen={open} onNarrow={narrow} /> },
    {
      id: 'artifacts',
      label: trans.__('Artifacts'),
      content: () => (
        <>
          {legend}
          {shown.length > 0 && <Artifacts requests={requests} project={project} runs={shown} labels={labels} />}
        </>
      )
    },
    { id: 'notebooks', label: trans.__('Notebooks'), content: () => <NotebookTab octavo={octavo} project={project} runs={runs} labels={labels} /> }
  ];
  return <Tabs label={trans.__('Comparison')} tabs={tabs} />;
}

function answer(found: Comparison): string {
  const all = found.fields.length + found.left_out;
  const runs = found.runs.length;
  return found.different === 0 ? trans.__('Nothing differs between %1 runs in %2 fields', runs, all) : trans.__('%1 runs: %2 of %3 fields differ', runs, found.different, all);
}
