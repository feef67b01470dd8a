/** At most this many runs are picked at once: what one change of tags takes. */
export const MOST_PICKED = 1000;

/** Runs that are picked, and the line from which a range begins. */
export interface IPicking {
  readonly runs: ReadonlySet<string>;
  /** Line that was picked last; -1 when none was. */
  readonly anchor: number;
}

export const NOTHING: IPicking = { runs: new Set(), anchor: -1 };

/** Pick one run, or let it go. */
export function toggled(picking: IPicking, run: string, line: number): IPicking {
  const runs = new Set(picking.runs);
  if (!runs.delete(run) && runs.size < MOST_PICKED) {
    runs.add(run);
  }
  return { runs, anchor: line };
}

/** Pick many runs besides those that are picked, up to the most that can be. */
export function added(picking: IPicking, more: readonly string[]): IPicking {
  const runs = new Set(picking.runs);
  for (const run of more) {
    if (runs.size >= MOST_PICKED) {
      break;
    }
    runs.add(run);
  }
  return { runs, anchor: picking.anchor };
}
