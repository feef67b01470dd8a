import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { historyIcon, notebookIcon, refreshIcon, runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { listMaterialized } from '../api/materialization';
import { listReleases, listSubmissions } from '../api/notebooks';
import { listPipelineRuns, listPipelines } from '../api/pipelines';
import { pipelineIcon } from '../icon';
import { asOctavoError } from '../request';
import { ProjectList } from '../shell/list';
import { IOctavo } from '../tokens';
import { trans } from '../words';
import type { IPipelineActions } from './actions';
import { askAgain, askBackfill, askRelease, askRun, askSchedule, askTrigger } from './asking';
import { PipelineModel } from './model';
import type { INotebookParts } from './output';
import { OutputModel, OutputPage, OutputPart } from './output';
import { PipelinePage } from './pipeline';
import { ending, PipelineRunPage } from './run';
import { PipelineRunModel } from './runModel';
import { RunsPage } from './runs';
import { RunsModel } from './runsModel';
import type { IPipelineLists } from './section';
import { PipelineSection, ReviewBadge } from './section';

const RUN_RELEASE = 'octavo-lab:run-release';
const RUNS = 'octavo-lab:pipeline-runs';

function addViews(octavo: IOctavo, actions: IPipelineActions, parts: INotebookParts): void {
  octavo.addView<PipelineModel>({
    kind: 'pipeline',
    icon: pipelineIcon,
    title: args => args['name'] ?? trans.__('Pipeline'),
    model: args => new PipelineModel(octavo, args),
    body: props => React.createElement(PipelinePage, { ...props, actions })
  });
  octavo.addView<PipelineRunModel>({
    kind: 'pipeline-run',
    icon: pipelineIcon,
    title: () => trans.__('Pipeline run'),
    model: args => {
      const model = new PipelineRunModel(octavo, args);
      model.finished.connect((_, run) => {
        const notify = run.state === 'succeeded' ? Notification.success : Notification.warning;
        notify(ending(run), { autoClose: 8000 });
      });
      return model;
    },
    body: props => React.createElement(PipelineRunPage, { ...props, actions })
  });
  octavo.addView<RunsModel>({
    kind: 'pipeline-runs',
    icon: pipelineIcon,
    title: () => trans.__('Pipeline runs'),
    model: args => new RunsModel(octavo, args),
    body: RunsPage
  });
  octavo.addView<OutputModel>({
    kind: 'output',
    icon: notebookIcon,
    title: () => trans.__('Output'),
    model: args => new OutputModel(octavo, args),
    body: props => React.createElement(OutputPage, { ...props, parts })
  });
}

/** Releases that run: on demand, by the clock, with their evidence. */
export const pipelinesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:pipelines',
  description: 'Runs and schedules releases and shows their evidence.',
  autoStart: true,
  requires: [IOctavo, IRenderMimeRegistry, NotebookPanel.IContentFactory, IEditorServices],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    octavo: IOctavo,
    rendermime: IRenderMimeRegistry,
    contentFactory: NotebookPanel.IContentFactory,
    editorServices: IEditorServices,
    palette: ICommandPalette | null
  ) => {
    const lists: IPipelineLists = {
      submissions: new ProjectList(octavo.session, listSubmissions),
      releases: new ProjectList(octavo.session, listReleases),
      pipelines: new ProjectList(octavo.session, listPipelines),
      materialized: new ProjectList(octavo.session, listMaterialized),
      runs: new ProjectList(octavo.session, (requests, project, signal) => listPipelineRuns(requests, project, {}, '', signal))
    };
    const runRelease = (project: string, digest: string): void => {
      askRelease(octavo, project, digest).catch(error => Notification.error(asOctavoError(error).message));
    };
    const parts: INotebookParts = { rendermime, contentFactory, editorServices };
    const actions: IPipelineActions = {
      runRelease,
      run: pipeline => askRun(octavo, pipeline),
      schedule: pipeline => askSchedule(octavo, pipeline),
      backfill: askBackfill,
      trigger: (pipeline, model) => askTrigger(pipeline, model, (lists.pipelines.resource.state.value?.items ?? []).map(one => one.name).filter(name => name !== pipeline.name)),
      again: run => askAgain(octavo, run),
      openOutput: run => octavo.open('output', { project: run.project, id: run.id }),
      drawOutput: run => React.createElement(OutputPart, { octavo, project: run.project, id: run.id, parts })
    };
    addViews(octavo, actions, parts);
    app.commands.addCommand(RUN_RELEASE, {
      label: trans.__('Run Release…'),
      caption: trans.__('Run an approved notebook with typed parameters'),
      icon: runIcon,
      describedBy: {
        args: { type: 'object', required: ['project', 'release'], properties: { project: { type: 'string' }, release: { type: 'string' } } }
      },
      isVisible: args => Boolean(args['release']),
      execute: args => runRelease(String(args['project']), String(args['release']))
    });
    const openRuns = (): void => octavo.open('pipeline-runs', { project: octavo.session.project });
    app.commands.addCommand(RUNS, {
      label: trans.__('Open Pipeline Runs'),
      caption: trans.__('All runs of the project, filtered, as a table or over time'),
      icon: historyIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: openRuns
    });
    palette?.addItem({ command: RUNS, category: trans.__('Octavo') });
    octavo.addSection({
      id: 'notebooks',
      title: trans.__('Notebooks & pipelines'),
      rank: 40,
      body: () => React.createElement(PipelineSection, { lists, octavo, actions }),
      badge: () => React.createElement(ReviewBadge, { lists }),
      actions: [
        { label: trans.__('All pipeline runs'), icon: historyIcon, onClick: openRuns },
        {
          label: trans.__('Refresh notebooks and pipelines'),
          icon: refreshIcon,
          onClick: () => Object.values(lists).forEach(list => void list.resource.refresh())
        }
      ]
    });
  }
};
