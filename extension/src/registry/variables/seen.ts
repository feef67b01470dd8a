/** A variable that holds a model, as the kernel tells of it. */
export interface IModelVariable {
  name: string;
  library: string;
  /** Its class; of a pipeline, with its last step. */
  kind: string;
  /** null: its attributes don't tell. */
  fitted: boolean | null;
  /** Whether a torch module is in training mode. */
  training: boolean;
  /** Learned numbers of a torch module. */
  parameters: number | null;
  /** How many inputs it takes, where it says. */
  width: number | null;
  /** Names of its inputs, at most 200. */
  inputs: string[];
  /** Frames that have all its inputs, the newest first. */
  frames: string[];
}

/** A frame of the kernel. */
export interface ITable {
  name: string;
  library: string;
  rows: number;
  width: number;
  /** Names of its columns, at most 200. */
  columns: string[];
  problem?: string;
}

/** What a kernel was seen to hold. */
export interface ISeenModels {
  libraries: string[];
  models: IModelVariable[];
  frames: ITable[];
  left_out: number;
}

/** A model that the kernel logged, or why it didn't. */
export interface ILogged {
  run_id: string;
  model_id: string;
  experiment: string;
  refused?: 'gone' | 'frame_gone' | 'failed';
  what?: string;
  remedy?: string;
}

const NAME = /[^a-z0-9]+/g;

/** Why a variable can't be registered as it is; undefined: it can. */
export function unready(variable: IModelVariable): 'unfitted' | undefined {
  return variable.fitted === false ? 'unfitted' : undefined;
}

/** The frame to begin with: the newest that has all inputs; empty where none has. */
export function firstFrame(variable: IModelVariable, seen: ISeenModels): string {
  return variable.frames[0] ?? (variable.inputs.length === 0 && seen.frames.length === 1 ? (seen.frames[0]?.name ?? '') : '');
}

/** The columns of a frame that may be what the model predicts: those that are no input of it. */
export function targetsOf(variable: IModelVariable, frame: ITable | undefined): string[] {
  const inputs = new Set(variable.inputs);
  return (frame?.columns ?? []).filter(column => !inputs.has(column));
}

/** The target to begin with: where a single column is no input, that one; else a person says. */
export function firstTarget(variable: IModelVariable, frame: ITable | undefined): string {
  const [only, ...others] = variable.inputs.length > 0 ? targetsOf(variable, frame) : [];
  return others.length > 0 ? '' : (only ?? '');
}

/** A name for a model, made from its variable's: "late_model" becomes "late-model". */
export function modelName(variable: string): string {
  const name = variable.toLowerCase().replace(NAME, '-').replace(/^[-0-9]+|-+$/g, '').slice(0, 63);
  return name || 'model';
}

/** The line of code that does what the dialog does. */
export function codeOf(variable: string, name: string, frame: string, target = ''): string {
  const given = [variable, `name=${JSON.stringify(name)}`, ...(frame ? [`frame=${frame}`] : []), ...(frame && target ? [`target=${JSON.stringify(target)}`] : [])];
  return `import octavo\n\noctavo.register(${given.join(', ')})`;
}
