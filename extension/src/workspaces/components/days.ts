import type { CostReport } from '../../api/workspaces';
import type { ILine } from '../../ui/charts';
import type { IStack } from '../../ui/stack';
import { trans } from '../../words';

const SHOWN = 4;

/** Days as stacked bars: the dearest few by name, the others together, what nobody used apart. */
export interface IDays {
  readonly series: readonly string[];
  readonly stacks: readonly IStack[];
}

/** Divide each day's cost by name; every euro of the day is in exactly one part. */
export function stackedDays(report: CostReport): IDays {
  const totals = new Map<string, number>();
  for (const line of report.days.flatMap(day => day.lines)) {
    totals.set(line.name, (totals.get(line.name) ?? 0) + line.cost_eur);
  }
  const dearest = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const named = dearest.slice(0, SHOWN);
  const others = dearest.length > SHOWN;
  const stacks = report.days.map(day => {
    const used = (names: (name: string) => boolean): number => day.lines.filter(line => names(line.name)).reduce((sum, line) => sum + line.cost_eur - line.idle_eur, 0);
    const idle = day.lines.reduce((sum, line) => sum + line.idle_eur, 0);
    return { name: day.day, parts: [...named.map(name => used(one => one === name)), ...(others ? [used(one => !named.includes(one))] : []), idle] };
  });
  return { series: [...named.map(called), ...(others ? [trans.__('others')] : []), trans.__('booked, not used')], stacks };
}

/** Whose cost a line without a name is. */
export function called(name: string): string {
  const own: Record<string, string> = { '': trans.__('nobody’s'), '(shared)': trans.__('the platform’s own'), '(hand-offs)': trans.__('hand-offs') };
  return own[name] ?? name;
}

/** The month so far, where it is going, and the budget; empty where the report is of other days. */
export function monthLines(report: CostReport, now: Date): readonly ILine[] {
  const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  if (Date.parse(report.since) > first || Date.parse(report.until) + 86_400_000 < now.getTime()) {
    return [];
  }
  let spent = 0;
  const points = report.by_day
    .filter(day => Date.parse(day.name) >= first)
    .map(day => {
      spent += day.cost_eur;
      return [Math.min(Date.parse(day.name) + 86_400_000, now.getTime()), spent] as const;
    });
  const lines: ILine[] = [
    { name: trans.__('spent'), points: [[first, 0], ...points] },
    { name: trans.__('forecast at the present burn'), points: [[now.getTime(), spent], [end, Math.max(report.forecast.month_eur, spent)]] }
  ];
  return report.budget_eur === null ? lines : [...lines, { name: trans.__('budget'), points: [[first, report.budget_eur], [end, report.budget_eur]] }];
}
