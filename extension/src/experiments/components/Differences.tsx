import * as React from 'react';

import type { ComparedField, ComparedKind, ComparedRun, Comparison } from '../../api/comparison';
import { Button } from '../../ui/Button';
import { Check, TextField } from '../../ui/Fields';
import { metric, shortDigest, signed, text } from '../../ui/format';
import { Scroll } from '../../ui/Scroll';
import { Empty } from '../../ui/states';
import { trans } from '../../words';

/** Lines that are drawn before more are asked for. */
const PAGE = 200;
/** What nobody reads to its end; the whole stands in the tooltip. */
const DIGEST = /^(sha256:)?[0-9a-f]{40,64}$/;

/** Props of a comparison's table. */
export interface IDifferencesProps {
  comparison: Comparison;
  labels: ReadonlyMap<string, string>;
  onOpen: (run: ComparedRun) => void;
}

/** What differs between runs: one line a field, one column a run; what is the same on demand. */
export function Differences(props: IDifferencesProps): React.JSX.Element {
  const { comparison } = props;
  const [all, setAll] = React.useState(false);
  const [search, setSearch] = React.useState('');
  const [most, setMost] = React.useState(PAGE);
  const lines = React.useMemo(() => matching(comparison.fields, all, search), [comparison, all, search]);
  return (
    <>
      <div className="jp-octavo-Bar">
        <TextField label={trans.__('Find fields')} type="search" value={search} placeholder={trans.__('name or value')} onChange={setSearch} />
        <Check label={trans.__('Show what is the same')} checked={all} onChange={setAll} />
      </div>
      {lines.length === 0 ? <None search={search} /> : <Lines {...props} lines={lines.slice(0, most)} />}
      {lines.length > most && <Button onClick={() => setMost(most + PAGE)}>{trans.__('Show %1 more', Math.min(PAGE, lines.length - most))}</Button>}
      {comparison.left_out > 0 && <p className="jp-octavo-Muted">{trans.__('%1 more fields are not shown: compare fewer runs to see them.', comparison.left_out)}</p>}
    </>
  );
}

function None(props: { search: string }): React.JSX.Element {
  return props.search ? (
    <Empty title={trans.__('No field matches')} />
  ) : (
    <Empty title={trans.__('Nothing differs')}>{trans.__('These runs have the same parameters, data, features, environment and results.')}</Empty>
  );
}

function matching(fields: readonly ComparedField[], all: boolean, search: string): readonly ComparedField[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (field: ComparedField): boolean => {
    const whole = `${field.name} ${field.values.join(' ')}`.toLowerCase();
    return words.every(word => whole.includes(word));
  };
  return fields.filter(field => (all || field.differs) && has(field));
}

function kindName(kind: ComparedKind): string {
  return {
    metric: trans.__('Metrics'),
    param: trans.__('Parameters'),
    feature: trans.__('Features'),
    input: trans.__('Data'),
    notebook: trans.__('Notebook'),
    cell: trans.__('Notebook cell'),
    environment: trans.__('Environment'),
    setting: trans.__('Run'),
    tag: trans.__('Tags')
  }[kind];
}

function Lines(props: IDifferencesProps & { lines: readonly ComparedField[] }): React.JSX.Element {
  const { runs } = props.comparison;
  const delta = runs.length === 2;
  const kinds = [...new Set(props.lines.map(line => line.kind))];
  return (
    <Scroll label={trans.__('What differs')} className="jp-octavo-Differences-scroll">
      <table className="jp-octavo-Table jp-octavo-Differences" aria-label={trans.__('What differs')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Field')}</th>
            {runs.map(run => (
              <th scope="col" key={run.run_id} className="jp-mod-numeric">
                <button type="button" className="jp-octavo-Link" title={run.name} onClick={() => props.onOpen(run)}>
                  {props.labels.get(run.run_id) ?? run.name}
                </button>
              </th>
            ))}
            {delta && (
              <th scope="col" className="jp-mod-numeric">
                {trans.__('Difference')}
              </th>
            )}
          </tr>
        </thead>
        {kinds.map(kind => (
          <tbody key={kind}>
            <tr>
              <th scope="rowgroup" colSpan={runs.length + (delta ? 2 : 1)} className="jp-octavo-Differences-kind">
                {kindName(kind)}
              </th>
            </tr>
            {props.lines
              .filter(line => line.kind === kind)
              .map(line => (
                <Line key={line.name} line={line} delta={delta} />
              ))}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

function Line(props: { line: ComparedField; delta: boolean }): React.JSX.Element {
  const { line } = props;
  return (
    <tr className={line.differs ? undefined : 'jp-octavo-Same'}>
      <th scope="row" title={line.name}>
        {line.name}
      </th>
      {line.values.map((value, index) => (
        <td key={index} className={`jp-mod-numeric${line.differs && line.kind !== 'metric' && value !== null && value !== line.values[0] ? ' jp-mod-differs' : ''}`} title={text(value)}>
          {value === null ? <span className="jp-octavo-Muted">{trans.__('none')}</span> : typeof value === 'number' ? metric(value) : DIGEST.test(value) ? shortDigest(value) : value}
        </td>
      ))}
      {props.delta && <td className="jp-mod-numeric">{line.delta ? signed(line.delta) : ''}</td>}
    </tr>
  );
}
