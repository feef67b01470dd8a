import * as React from 'react';

import type { BudgetRules, CostLine, CostReport } from '../../api/workspaces';
import { Bars } from '../../ui/bars';
import { LineChart } from '../../ui/charts';
import { Chip } from '../../ui/Chip';
import { exact, money } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import { StackChart } from '../../ui/stack';
import { Empty } from '../../ui/states';
import { trans } from '../../words';
import { called, monthLines, stackedDays } from './days';

/** Costs by name, the dearest first, with the hours behind them and the part that was not used. */
export function CostBars(props: { title: string; lines: readonly CostLine[] }): React.JSX.Element {
  return (
    <Card title={props.title} count={props.lines.length}>
      {props.lines.length === 0 ? (
        <Empty title={trans.__('Nothing was used')} />
      ) : (
        <Bars label={props.title} bars={props.lines.map(line => ({ name: called(line.name), value: line.cost_eur, text: amount(line) }))} />
      )}
    </Card>
  );
}

function amount(line: CostLine): string {
  const text = trans.__('%1 · %2 h', money(line.cost_eur), line.hours.toFixed(1));
  return line.idle_eur >= 0.005 ? trans.__('%1, %2 not used', text, money(line.idle_eur)) : text;
}

/** Below it two decimals would show nothing. */
const SMALL_EUR = 0.1;

function cents(euro: number): string {
  return `${euro.toFixed(4)} €`;
}

/** Cost day by day, by person or project, what was booked and not used apart. */
export function CostDays(props: { report: CostReport }): React.JSX.Element {
  const { series, stacks } = stackedDays(props.report);
  const small = stacks.every(stack => stack.parts.reduce((sum, part) => sum + part, 0) < SMALL_EUR);
  return (
    <Card title={trans.__('Day by day')} aside={props.report.project ? trans.__('by person, UTC days') : trans.__('by project, UTC days')}>
      <StackChart label={trans.__('Cost day by day')} series={series} stacks={stacks} text={small ? cents : money} lastApart />
    </Card>
  );
}

/** The month so far and what it will have cost at its end. */
export function CostMonth(props: { report: CostReport; now: Date }): React.JSX.Element | null {
  const { report } = props;
  const lines = monthLines(report, props.now);
  if (lines.length === 0) {
    return null;
  }
  return (
    <Card title={trans.__('This month')} aside={trans.__('%1 expected, %2 a day now', money(report.forecast.month_eur), money(report.forecast.burn_eur_per_day))}>
      <LineChart label={trans.__('Cost of the month, forecast and budget')} zero lines={lines} xTick={at => new Date(at).toISOString().slice(0, 10)} yTick={money} />
    </Card>
  );
}

/** Where the whole cost went: the four parts are the total. */
export function CostParts(props: { report: CostReport }): React.JSX.Element {
  const { split } = props.report;
  return (
    <Card title={trans.__('Where it went')}>
      <Facts
        facts={[
          [trans.__('Used'), money(split.attributed_eur)],
          [trans.__('Not used'), money(split.idle_eur)],
          [trans.__('Platform'), money(split.shared_eur)],
          [trans.__('Nobody’s'), money(split.unattributed_eur)],
          [trans.__('Total'), <b>{money(split.total_eur)}</b>]
        ]}
      />
    </Card>
  );
}

const STATES: Record<BudgetRules['state'], { tone: 'good' | 'warn' | 'bad'; words: () => string }> = {
  ok: { tone: 'good', words: () => trans.__('within budget') },
  alert: { tone: 'warn', words: () => trans.__('budget alert') },
  soft_stop: { tone: 'bad', words: () => trans.__('soft stop: nothing new starts') },
  hard_stop: { tone: 'bad', words: () => trans.__('hard stop: what runs is being stopped') }
};

/** How the project stands to its budget, and at which steps something happens. */
export function BudgetChip(props: { rules: BudgetRules }): React.JSX.Element {
  const { rules } = props;
  const { tone, words } = STATES[rules.state];
  const steps = trans.__('Alert at %1 %, soft stop at %2 %, hard stop at %3 % of %4', rules.alert_percent, rules.soft_stop_percent, rules.hard_stop_percent, money(rules.monthly_eur));
  return (
    <Chip tone={tone} title={steps}>
      {words()}
    </Chip>
  );
}

/** The one sentence about the money: what was spent, what is left, and when that ends. */
export function costLine(report: CostReport): string {
  const spent = trans.__('%1 since %2, %3 today', money(report.total_eur), report.since, money(report.today_eur));
  if (report.budget_eur === null) {
    return spent;
  }
  const left = trans.__('%1 · %2 of %3 left this month', spent, money(report.budget_left_eur), money(report.budget_eur));
  const { exhausted_at: over } = report.forecast;
  return over === null ? left : trans.__('%1, spent by %2 at the present burn', left, exact(new Date(over)).slice(0, 10));
}
