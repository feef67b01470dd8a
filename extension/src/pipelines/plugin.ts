import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { notebookIcon, refreshIcon, runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { listMaterialized } from '../api/materialization';
import { listReleases, listSubmissions, readRelease } from '../api/notebooks';
import type { Pipeline, ScheduleRequest } from '../api/pipelines';
import { createPipeline, createSchedule, listPipelineRuns, listPipelines, readPipeline, startRun } from '../api/pipelines';
import { pipelineIcon } from '../icon';
import { asOctavoError } from '../request';
import { ProjectList } from '../shell/list';
import { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { money } from '../ui/format';
import { trans } from '../words';
import { RunForm } from './components/RunForm';
import { ScheduleForm } from './components/ScheduleForm';
import { PipelineModel, PipelineRunModel } from './model';
import type { INotebookParts } from './output';
import { OutputModel, OutputPage } from './output';
import type { IPipelineActions, IPipelineLists } from './panel';
import { ending, PipelinePage, PipelineRunPage, PipelineSection, ReviewBadge } from './panel';

const RUN_RELEASE = 'octavo-lab:run-release';

function priceNote(octavo: IOctavo, profile: string): string {
  const mine = octavo.session.mine.session;
  return mine?.profile.id === profile
    ? trans.__('Runs on %1 for %2 an hour, booked on the project.', profile, money(mine.profile.price_eur_per_hour))
    : trans.__('Runs on %1, booked on the project.', profile);
}

function askRun(octavo: IOctavo, pipeline: Pipeline): void {
  openForm(trans.__('Run %1', pipeline.name), close =>
    React.createElement(RunForm, {
      pipeline: pipeline.name,
      fixed: true,
      parameters: pipeline.parameters,
      note: priceNote(octavo, pipeline.profile),
      onCancel: close,
      onRun: async (_name, values) => {
        const run = await startRun(octavo.requests, pipeline.project, pipeline.name, values);
        close();
        octavo.session.touch();
        octavo.open('pipeline-run', { project: pipeline.project, id: run.id });
      }
    })
  );
}

async function askRelease(octavo: IOctavo, project: string, digest: string): Promise<void> {
  const release = await readRelease(octavo.requests, project, digest);
  openForm(trans.__('Run %1 release %2', release.name, release.number), close =>
    React.createElement(RunForm, {
      pipeline: release.name,
      fixed: false,
      parameters: release.parameters,
      note: priceNote(octavo, release.profile),
      onCancel: close,
      onRun: async (name, values) => {
        const pipeline = await pipelineFor(octavo, project, name, digest);
        const run = await startRun(octavo.requests, project, pipeline.name, values);
        close();
        octavo.session.touch();
        octavo.open('pipeline-run', { project, id: run.id });
      }
    })
  );
}

async function pipelineFor(octavo: IOctavo, project: string, name: string, digest: string): Promise<Pipeline> {
  const there = await readPipeline(octavo.requests, project, name).catch(error => {
    if (asOctavoError(error).status === 404) {
      return null;
    }
    throw error;
  });
  return there?.release === digest ? there : createPipeline(octavo.requests, project, { name, release: digest, title: '' });
}

function askSchedule(octavo: IOctavo, pipeline: Pipeline): void {
  const schedule = async (body: ScheduleRequest, close: () => void): Promise<void> => {
    const made = await createSchedule(octavo.requests, pipeline.project, pipeline.name, body);
    close();
    octavo.session.touch();
    octavo.open('pipeline', { project: pipeline.project, name: pipeline.name });
    Notification.success(trans.__('%1 is scheduled: %2 %3', pipeline.name, made.cron, made.time_zone), { autoClose: 5000 });
  };
  openForm(trans.__('Schedule %1', pipeline.name), close =>
    React.createElement(ScheduleForm, {
      pipeline,
      zones: Intl.supportedValuesOf('timeZone'),
      onSchedule: body => schedule(body, close),
      onCancel: close
    })
  );
}

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
  activate: (app: JupyterFrontEnd, octavo: IOctavo, rendermime: IRenderMimeRegistry, contentFactory: NotebookPanel.IContentFactory, editorServices: IEditorServices) => {
    const lists: IPipelineLists = {
      submissions: new ProjectList(octavo.session, listSubmissions),
      releases: new ProjectList(octavo.session, listReleases),
      pipelines: new ProjectList(octavo.session, listPipelines),
      materialized: new ProjectList(octavo.session, listMaterialized),
      runs: new ProjectList(octavo.session, (requests, project, signal) => listPipelineRuns(requests, project, '', signal))
    };
    const runRelease = (project: string, digest: string): void => {
      askRelease(octavo, project, digest).catch(error => Notification.error(asOctavoError(error).message));
    };
    const actions: IPipelineActions = {
      runRelease,
      run: pipeline => askRun(octavo, pipeline),
      schedule: pipeline => askSchedule(octavo, pipeline),
      openOutput: run => octavo.open('output', { project: run.project, id: run.id })
    };
    addViews(octavo, actions, { rendermime, contentFactory, editorServices });
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
    octavo.addSection({
      id: 'notebooks',
      title: trans.__('Notebooks & pipelines'),
      rank: 40,
      body: () => React.createElement(PipelineSection, { lists, octavo, actions }),
      badge: () => React.createElement(ReviewBadge, { lists }),
      actions: [
        {
          label: trans.__('Refresh notebooks and pipelines'),
          icon: refreshIcon,
          onClick: () => Object.values(lists).forEach(list => void list.resource.refresh())
        }
      ]
    });
  }
};
