import type { SearchHit, SearchReason } from '../api/features';
import { trans } from '../words';

const HOW: Record<SearchReason['how'], (found: string, asked: string) => string> = {
  exact: found => trans.__('“%1”', found),
  prefix: (found, asked) => trans.__('“%1” begins with “%2”', found, asked),
  inside: (found, asked) => trans.__('“%1” holds “%2”', found, asked),
  typo: (found, asked) => trans.__('“%1”, spelt like “%2”', found, asked)
};

/** Say where one word was found, and how. */
export function reason(one: SearchReason): string {
  const place = one.of && one.field !== 'name' ? trans.__('%1 %2', one.field, one.of) : one.field;
  return trans.__('%1 in %2', HOW[one.how](one.found, one.asked), place);
}

/** Say in one line why a view was found: the best place of each word. */
export function shortReason(hit: SearchHit): string {
  const best = new Map<string, SearchReason>();
  for (const one of hit.reasons) {
    if (!best.has(one.asked)) {
      best.set(one.asked, one);
    }
  }
  return [...best.values()].map(reason).join(' · ');
}

/** Say line by line what each place adds to a view's rank. */
export function wholeReason(hit: SearchHit): string {
  const lines = hit.reasons.map(one => trans.__('+%1  %2', one.points.toFixed(2), reason(one)));
  const use = hit.use_points > 0 ? [trans.__('+%1  used by people lately', hit.use_points.toFixed(2))] : [];
  return [trans.__('Rank %1', hit.score.toFixed(2)), ...lines, ...use].join('\n');
}
