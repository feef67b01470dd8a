import * as React from 'react';

import type { Axis, Curves } from '../../api/comparison';
import { readCurves } from '../../api/comparison';
import type { OctavoError, Requests } from '../../request';
import { asOctavoError } from '../../request';
import type { Span } from './scale';

/** Milliseconds of rest after which a moved stretch is asked for anew. */
const REST_MS = 60;
/** A stretch is drawn from coarser values as long as these are at most so much wider. */
const WIDEST = 3;

/** What is drawn where. */
export interface ICurvesQuery {
  readonly requests: Requests;
  readonly project: string;
  readonly runs: readonly string[];
  readonly metric: string;
  readonly axis: Axis;
  /** The shown stretch; null for all of it. */
  readonly view: Span | null;
  readonly points: number;
  /** Another number asks again, as when a live run has gone on. */
  readonly beat: number;
  /** False while nobody can see it: nothing is asked for then. */
  readonly active: boolean;
}

/** What is known of the curves: the newest answer stays while another is on its way. */
export interface ICurvesState {
  readonly curves: Curves | undefined;
  /** The stretch that is drawn: none where the metric has nothing in the asked one. */
  readonly view: Span | null;
  readonly error: OctavoError | undefined;
  readonly loading: boolean;
  readonly retry: () => void;
}

/** Whether an answer is good enough to draw a stretch from it. */
export function covers(curves: Curves, view: Span | null): boolean {
  const { window, extent } = curves;
  if (!window || !extent) {
    return true;
  }
  const shown: Span = view ? [Math.max(view[0], extent[0]), Math.min(view[1], extent[1])] : extent;
  if (window[0] > shown[0] || window[1] < shown[1]) {
    return false;
  }
  return curves.curves.every(curve => curve.exact) || window[1] - window[0] <= WIDEST * (shown[1] - shown[0]);
}

/** Whether a metric has values where the stretch lies: charts over one axis may be of very different lengths. */
export function meets(curves: Curves, view: Span | null): boolean {
  const { extent } = curves;
  return !view || !extent || (view[0] < extent[1] && view[1] > extent[0]);
}

/** The stretch that is asked for: with half of it again at either side, so that moving finds it there. */
export function wanted(view: Span | null): { from?: number; to?: number } {
  if (!view) {
    return {};
  }
  const room = (view[1] - view[0]) / 2;
  return { from: view[0] - room, to: view[1] + room };
}

/** The curves of a metric for a stretch, asked for when the stretch rests. */
export function useCurves(query: ICurvesQuery): ICurvesState {
  const { project, metric, axis, points, beat, active } = query;
  const subject = `${project}\n${query.runs.join(',')}\n${metric}\n${axis}\n${points}\n${beat}`;
  const [state, setState] = React.useState<{ subject: string; curves?: Curves | undefined; error?: OctavoError | undefined; loading: boolean }>({
    subject: '',
    loading: true
  });
  const [tries, again] = React.useReducer((count: number) => count + 1, 0);
  const known = sameCurves(state.curves, metric, axis);
  const view = known && !meets(known, query.view) ? null : query.view;
  const held = state.subject === subject ? state.curves : undefined;
  const enough = !active || (held !== undefined && covers(held, view));
  const newest = React.useRef({ query, waits: false });
  newest.current = { query, waits: held !== undefined };
  const [from, to] = [view?.[0], view?.[1]];
  React.useEffect(() => {
    if (enough) {
      return;
    }
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      setState(before => ({ ...before, loading: true }));
      try {
        const curves = await load(newest.current.query, from === undefined || to === undefined ? null : [from, to], abort.signal);
        setState({ subject, curves, error: undefined, loading: false });
      } catch (error) {
        if (!abort.signal.aborted) {
          setState(before => ({ ...before, error: asOctavoError(error), loading: false }));
        }
      }
    };
    const timer = window.setTimeout(() => void ask(), newest.current.waits ? REST_MS : 0);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [enough, from, to, subject, tries]);
  return { curves: known, view, error: state.error, loading: state.loading, retry: again };
}

function load(query: ICurvesQuery, view: Span | null, signal: AbortSignal): Promise<Curves> {
  const asked = { run: query.runs, metric: query.metric, x: query.axis, ...wanted(view), points: view ? 2 * query.points : query.points };
  return readCurves(query.requests, query.project, asked, signal);
}

/** An older answer is drawn only when it is about the same metric over the same axis. */
function sameCurves(curves: Curves | undefined, metric: string, axis: Axis): Curves | undefined {
  return curves?.metric === metric && curves.axis === axis ? curves : undefined;
}
