import { Notification } from '@jupyterlab/apputils';
import * as React from 'react';

import { readRelease } from '../api/notebooks';
import type { Pipeline, PipelineRun, ScheduleRequest } from '../api/pipelines';
import { createPipeline, createSchedule, readPipeline, startRun } from '../api/pipelines';
import { asOctavoError } from '../request';
import type { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { money } from '../ui/format';
import { trans } from '../words';
import { BackfillForm } from './components/BackfillForm';
import { RunForm } from './components/RunForm';
import { ScheduleForm } from './components/ScheduleForm';
import { TriggerForm } from './components/TriggerForm';
import type { PipelineModel } from './model';

function priceNote(octavo: IOctavo, profile: string): string {
  const mine = octavo.session.mine.session;
  return mine?.profile.id === profile
    ? trans.__('Runs on %1 for %2 an hour, booked on the project.', profile, money(mine.profile.price_eur_per_hour))
    : trans.__('Runs on %1, booked on the project.', profile);
}

/** Ask for the parameters of a run, start it and show it; with `like` the form begins with what that run was given. */
export function askRun(octavo: IOctavo, pipeline: Pipeline, like?: PipelineRun): void {
  const moved = like?.release && like.release !== pipeline.release ? trans.__('The pipeline has moved on since: it runs another release than that run.') : '';
  openForm(trans.__('Run %1', pipeline.name), close =>
    React.createElement(RunForm, {
      pipeline: pipeline.name,
      fixed: true,
      parameters: pipeline.parameters,
      values: like?.parameters ?? {},
      note: [moved, priceNote(octavo, pipeline.profile)].filter(Boolean).join(' '),
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

/** Ask for other parameters of what a run was, and start it anew. */
export async function askAgain(octavo: IOctavo, run: PipelineRun): Promise<void> {
  askRun(octavo, await readPipeline(octavo.requests, run.project, run.pipeline), run);
}

/** Ask for the parameters of a run of a release, make its pipeline where there is none, and start it. */
export async function askRelease(octavo: IOctavo, project: string, digest: string): Promise<void> {
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
  return there?.release === digest ? there : createPipeline(octavo.requests, project, { name, release: digest, title: there?.title ?? '', priority: there?.priority ?? 0, concurrency: there?.concurrency ?? 0, when_full: there?.when_full ?? 'queue' });
}

/** Ask when a pipeline shall run. */
export function askSchedule(octavo: IOctavo, pipeline: Pipeline): void {
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

/** Ask for past days to run a pipeline for. */
export function askBackfill(pipeline: Pipeline, model: PipelineModel): void {
  openForm(trans.__('Backfill %1', pipeline.name), close =>
    React.createElement(BackfillForm, {
      pipeline,
      onCancel: close,
      onBackfill: async body => {
        await model.backfill(body);
        close();
      }
    })
  );
}

/** Ask what else shall start a pipeline. */
export function askTrigger(pipeline: Pipeline, model: PipelineModel, others: readonly string[]): void {
  openForm(trans.__('When else %1 runs', pipeline.name), close =>
    React.createElement(TriggerForm, {
      pipelines: others,
      onCancel: close,
      onTrigger: async body => {
        await model.addTrigger(body);
        close();
      }
    })
  );
}
