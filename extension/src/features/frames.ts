import type { PreviewRequest } from '../api/features';

/** A column of a live frame. */
export interface IFrameColumn {
  name: string;
  kind: 'text' | 'integer' | 'number' | 'time' | 'other';
  type: string;
  index: boolean;
}

/** A live frame, as the kernel tells of it. */
export interface IFrame {
  name: string;
  library: 'pandas' | 'polars';
  rows: number;
  width: number;
  times: { name: string; naive: boolean }[];
  columns: IFrameColumn[];
  problem: string;
}

/** What a kernel was seen to hold. */
export interface ISeenFrames {
  libraries: string[];
  frames: IFrame[];
  left_out: number;
}

/** Rows of a frame, or why there are none. */
export interface ISeenRows {
  frame: string;
  rows: number;
  keys: { name: string; column: string; kind: 'text' | 'integer' | 'none'; values: (string | null)[] }[];
  time: { column: string; naive: boolean; values: (string | null)[] };
  refused?: 'gone' | 'column' | 'values';
  what?: string;
}

/** Which columns of which frame hold the join keys and each row's own time. */
export interface IPick {
  frame: string;
  /** Join key to column; a missing one is not chosen yet. */
  keys: ReadonlyMap<string, string>;
  time: string;
}

const MOST_ROWS = 20;

/** What is missing before rows can be joined, or null. */
export function missing(pick: IPick, joinKeys: readonly string[]): string | null {
  return joinKeys.find(key => !pick.keys.get(key)) ?? (pick.time ? null : 'time');
}

/** The columns that can hold a join key. */
export function keyColumns(frame: IFrame): IFrameColumn[] {
  return frame.columns.filter(column => ['text', 'integer', 'number'].includes(column.kind));
}

/** Whether a frame has every join key by name, and a time. */
export function fits(frame: IFrame, joinKeys: readonly string[]): boolean {
  const names = new Set(keyColumns(frame).map(column => column.name));
  return frame.problem === '' && frame.times.length > 0 && joinKeys.every(key => names.has(key));
}

/** The frames, those that fit first, the larger before the smaller. */
export function ranked(frames: readonly IFrame[], joinKeys: readonly string[]): IFrame[] {
  return [...frames].sort((a, b) => Number(fits(b, joinKeys)) - Number(fits(a, joinKeys)) || b.rows - a.rows || (a.name < b.name ? -1 : 1));
}

/** The columns to begin with: keys of the same name, and the time that a person most likely means. */
export function firstPick(frame: IFrame, joinKeys: readonly string[]): IPick {
  const names = keyColumns(frame).map(column => column.name);
  const alike = (key: string): string => names.find(name => name === key) ?? names.find(name => plain(name) === plain(key)) ?? '';
  const keys = new Map(joinKeys.map(key => [key, alike(key)]));
  const times = frame.times.map(time => time.name);
  return { frame: frame.name, keys, time: times.find(name => name === 'event_timestamp') ?? times.find(name => /decision|event|at$|time/i.test(name)) ?? times[0] ?? '' };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** What the kernel is asked for: some rows' keys and times, nothing else of the frame. */
export function rowsQuestion(pick: IPick): object {
  return { frame: pick.frame, keys: Object.fromEntries(pick.keys), time: pick.time, rows: MOST_ROWS };
}

/** What the platform is asked to join. */
export function previewRequest(features: readonly string[], rows: ISeenRows): PreviewRequest {
  return {
    features: [...features],
    keys: rows.keys.map(({ name, kind, values }) => ({ name, kind, values })),
    times: rows.time.values
  };
}
