import type * as React from 'react';

import type { Pipeline, PipelineRun } from '../api/pipelines';
import type { PipelineModel } from './model';

/** What can be done with pipelines from any of their views. */
export interface IPipelineActions {
  runRelease: (project: string, release: string) => void;
  run: (pipeline: Pipeline) => void;
  schedule: (pipeline: Pipeline) => void;
  /** Ask for past days to run a pipeline for. */
  backfill: (pipeline: Pipeline, model: PipelineModel) => void;
  /** Ask what else shall start a pipeline. */
  trigger: (pipeline: Pipeline, model: PipelineModel) => void;
  /** Ask for other parameters of what a run was, and start it anew. */
  again: (run: PipelineRun) => Promise<void>;
  openOutput: (run: PipelineRun) => void;
  /** Draw the output notebook of a run that has one. */
  drawOutput: (run: PipelineRun) => React.ReactNode;
}
