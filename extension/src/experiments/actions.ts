import type { Run } from '../api/experiments';

/** What the experiments' views ask the other areas for. */
export interface IRunActions {
  register: (project: string, run: Run) => void;
}
