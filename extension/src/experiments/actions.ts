import type { Run } from '../api/experiments';

/** What the experiments' views ask the other areas for. */
export interface IRunActions {
  register: (project: string, run: Run) => void;
  /** Ask for a deployment of a model version, given as name/version. */
  deploy: (project: string, version: string) => void;
  /** Show the notebook as it was when the run began. */
  openNotebook: (project: string, run: Run) => void;
  /** Show two runs as notebooks side by side. */
  compareNotebooks: (project: string, runs: readonly string[]) => void;
}
