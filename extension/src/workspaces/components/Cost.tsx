import * as React from 'react';

import type { CostLine, CostReport } from '../../api/workspaces';
import { Bars } from '../../ui/bars';
import { LineChart } from '../../ui/charts';
import { money } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Empty } from '../../ui/states';
import { trans } from '../../words';

/** Costs by name, the dearest first, with the hours behind them. */
export function CostBars(props: { title: string; lines: readonly CostLine[] }): React.JSX.Element {
  return (
    <Card title={props.title} count={props.lines.length}>
      {props.lines.length === 0 ? (
        <Empty title={trans.__('Nothing was used')} />
      ) : (
        <Bars label={props.title} bars={props.lines.map(line => ({ name: line.name, value: line.cost_eur, text: trans.__('%1 · %2 h', money(line.cost_eur), line.hours.toFixed(1)) }))} />
      )}
    </Card>
  );
}

/** Cost day by day. */
export function CostDays(props: { report: CostReport }): React.JSX.Element {
  const { report } = props;
  const points = report.by_day.map(day => [Date.parse(day.name), day.cost_eur] as const);
  return (
    <Card title={trans.__('Day by day')}>
      <LineChart label={trans.__('Cost day by day')} zero lines={[{ name: trans.__('cost'), points }]} xTick={at => new Date(at).toISOString().slice(0, 10)} yTick={money} />
    </Card>
  );
}

/** The one sentence about the money: what was spent, and what is left. */
export function costLine(report: CostReport): string {
  const spent = trans.__('%1 since %2, %3 today', money(report.total_eur), report.since, money(report.today_eur));
  return report.budget_eur === null ? spent : trans.__('%1 · %2 of %3 left this month', spent, money(report.budget_left_eur), money(report.budget_eur));
}
