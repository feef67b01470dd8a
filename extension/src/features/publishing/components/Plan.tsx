import * as React from 'react';

import type { FeatureDifference, FeaturePlan } from '../../../api/publishing';
import { Chip, StateDot } from '../../../ui/Chip';
import { duration, money } from '../../../ui/format';
import { Sentences } from '../../../ui/lists';
import { Card, Facts } from '../../../ui/Page';
import type { IColumn } from '../../../ui/Table';
import { Table } from '../../../ui/Table';
import { Empty } from '../../../ui/states';
import { trans } from '../../../words';

const MARKS = { added: '+', changed: '~', removed: '−' } as const;

/** What changes, thing by thing; what breaks readers first. */
export function Differences(props: { plan: FeaturePlan }): React.JSX.Element {
  const { differences } = props.plan;
  return (
    <Card title={trans.__('What changes')} count={differences.length}>
      {differences.length === 0 ? (
        <Empty title={trans.__('Nothing changes')}>{trans.__('The current snapshot says all of it already.')}</Empty>
      ) : (
        <div className="jp-octavo-Diff jp-octavo-Publishing" role="list" aria-label={trans.__('Differences')}>
          {differences.map(one => (
            <Difference key={`${one.kind} ${one.name}`} one={one} />
          ))}
        </div>
      )}
    </Card>
  );
}

function Difference(props: { one: FeatureDifference }): React.JSX.Element {
  const { one } = props;
  const words = { added: trans.__('added'), changed: trans.__('changed'), removed: trans.__('removed') };
  const lines = one.fields.filter(part => part.field !== 'code');
  return (
    <div role="listitem" className={`jp-octavo-Diff-cell jp-mod-${one.what}`}>
      <div className="jp-octavo-Diff-head">
        <span>
          {one.kind.replace('_', ' ')} <b dir="auto">{one.name}</b>
        </span>
        <span>
          {one.breaks && <Chip tone="bad">{trans.__('breaks readers')}</Chip>} {words[one.what]}
        </span>
      </div>
      {(lines.length > 0 || one.diff) && (
        <pre tabIndex={0} aria-label={trans.__('What differs in %1', one.name)}>
          {lines.map(part => (
            <React.Fragment key={`${part.field} ${part.before}`}>
              {part.before !== null && <Line op="removed">{`${part.field}: ${part.before}`}</Line>}
              {part.after !== null && <Line op="added">{`${part.field}: ${part.after}`}</Line>}
            </React.Fragment>
          ))}
          {one.diff.split('\n').filter(Boolean).map((line, index) => (
            <Line key={index} op={line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'changed'} plain>
              {line}
            </Line>
          ))}
        </pre>
      )}
    </div>
  );
}

function Line(props: { op: keyof typeof MARKS; plain?: boolean; children: string }): React.JSX.Element {
  return (
    <span className={`jp-octavo-Diff-line jp-mod-${props.op}`}>
      {!props.plain && <span aria-hidden="true">{MARKS[props.op]} </span>}
      {props.children}
      {'\n'}
    </span>
  );
}

type Impact = FeaturePlan['impact'][number];

const columns = (): IColumn<Impact>[] => [
  {
    id: 'breaks',
    title: trans.__('Effect'),
    cell: row => (
      <>
        <StateDot tone={row.breaks ? 'bad' : 'warn'} label={row.breaks ? trans.__('breaks') : trans.__('other values')} /> {row.breaks ? trans.__('breaks') : trans.__('other values')}
      </>
    ),
    sort: row => (row.breaks ? 0 : 1)
  },
  { id: 'kind', title: trans.__('Kind'), cell: row => row.kind, sort: row => row.kind },
  { id: 'name', title: trans.__('Name'), cell: row => <b dir="auto">{row.name}</b>, sort: row => row.name },
  { id: 'person', title: trans.__('Person'), cell: row => row.person || '–', sort: row => row.person },
  { id: 'why', title: trans.__('Why'), cell: row => <span title={row.why}>{row.why}</span> }
];

/** Whom it reaches: models, deployments, releases, pipelines, schedules, notebooks. */
export function Impacts(props: { plan: FeaturePlan }): React.JSX.Element {
  const { impact } = props.plan;
  return (
    <Card title={trans.__('Whom it reaches')} count={impact.length}>
      {impact.length === 0 ? (
        <p className="jp-octavo-Muted">{trans.__('No model, deployment, schedule or notebook of the project reads what changes.')}</p>
      ) : (
        <Table label={trans.__('Whom it reaches')} rows={impact} columns={columns()} rowKey={row => `${row.kind} ${row.name}`} />
      )}
    </Card>
  );
}

/** What speaks against it: errors, leaks, what policies say; and what it costs. */
export function Remarks(props: { plan: FeaturePlan }): React.JSX.Element {
  const { plan } = props;
  return (
    <>
      <Card title={trans.__('Policy')} aside={<Chip tone={plan.policy.allowed ? 'good' : 'bad'}>{plan.policy.allowed ? trans.__('allows it') : trans.__('refuses it')}</Chip>}>
        <Sentences label={trans.__('Policy')} sentences={plan.policy.reasons} />
        {plan.leaks.length > 0 && <Sentences label={trans.__('Leaks')} sentences={plan.leaks} />}
      </Card>
      {plan.findings.length > 0 && (
        <Card title={trans.__('Findings')} count={plan.findings.length}>
          <ul className="jp-octavo-Sentences" aria-label={trans.__('Findings')}>
            {plan.findings.map(one => (
              <li key={`${one.where} ${one.message}`}>
                <StateDot tone={one.severity === 'error' ? 'bad' : 'warn'} label={one.severity} /> <b>{one.where}</b>: {one.message}
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card title={trans.__('Cost of loading')}>
        <Facts facts={costs(plan)} />
        <p className="jp-octavo-Muted">{plan.cost.basis}</p>
      </Card>
    </>
  );
}

function costs(plan: FeaturePlan): [string, React.ReactNode][] {
  const { cost } = plan;
  return [
    [trans.__('Views'), cost.views.join(', ') || trans.__('none')],
    [trans.__('Rows'), cost.rows.toLocaleString('en-US')],
    [trans.__('Time'), cost.seconds === null ? trans.__('not measured yet') : duration(cost.seconds)],
    [trans.__('Price'), cost.eur === null ? '–' : money(cost.eur)]
  ];
}
