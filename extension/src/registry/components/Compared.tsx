import * as React from 'react';

import type { ComparisonSection, VersionComparison } from '../../api/proof';
import { Check } from '../../ui/Fields';
import { metric, shortDigest, signed } from '../../ui/format';
import { Scroll } from '../../ui/Scroll';
import { Empty } from '../../ui/states';
import { trans } from '../../words';

type Row = ComparisonSection['rows'][number];

/** What nobody reads to its end; the whole stands in the tooltip. */
const DIGEST = /^(sha256:)?[0-9a-f]{40,64}$/;

/** Versions side by side: one line a thing, one column a version; what is the same on demand. */
export function Compared(props: { comparison: VersionComparison; onLook: (version: number) => void }): React.JSX.Element {
  const { comparison } = props;
  const [all, setAll] = React.useState(false);
  const sections = comparison.sections.map(section => ({ ...section, rows: section.rows.filter(row => all || row.differs) })).filter(section => section.rows.length > 0 || section.left_out > 0);
  return (
    <>
      <Check label={trans.__('Show what is the same')} checked={all} onChange={setAll} />
      {sections.length === 0 ? (
        <Empty title={trans.__('Nothing differs')}>{trans.__('These versions have the same metrics, data, features, parameters, environment and card.')}</Empty>
      ) : (
        <Lines {...props} sections={sections} />
      )}
      <CardLines comparison={comparison} all={all} />
    </>
  );
}

function Lines(props: { comparison: VersionComparison; sections: readonly ComparisonSection[]; onLook: (version: number) => void }): React.JSX.Element {
  const { versions } = props.comparison;
  const two = versions.length === 2;
  return (
    <Scroll label={trans.__('What differs')}>
      <table className="jp-octavo-Table jp-octavo-Differences" aria-label={trans.__('What differs')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('What')}</th>
            {versions.map(version => (
              <th scope="col" key={version.version} className="jp-mod-numeric">
                <button type="button" className="jp-octavo-Link" onClick={() => props.onLook(version.version)}>
                  {[`v${version.version}`, ...version.aliases].join(' · ')}
                </button>
              </th>
            ))}
            {two && (
              <th scope="col" className="jp-mod-numeric">
                {trans.__('Difference')}
              </th>
            )}
          </tr>
        </thead>
        {props.sections.map(section => (
          <tbody key={section.key}>
            <tr>
              <th scope="rowgroup" colSpan={versions.length + (two ? 2 : 1)} className="jp-octavo-Differences-kind">
                {section.label}
              </th>
            </tr>
            {section.rows.map(row => (
              <Line key={row.name} row={row} delta={two} />
            ))}
            {section.left_out > 0 && (
              <tr>
                <td colSpan={versions.length + (two ? 2 : 1)} className="jp-octavo-Muted">
                  {trans._n('%1 more is not shown.', '%1 more are not shown.', section.left_out, section.left_out)}
                </td>
              </tr>
            )}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

function Line(props: { row: Row; delta: boolean }): React.JSX.Element {
  const { row } = props;
  const [first, second] = row.numbers ?? [];
  const delta = typeof first === 'number' && typeof second === 'number' && first !== second ? second - first : null;
  return (
    <tr className={row.differs ? undefined : 'jp-octavo-Same'}>
      <th scope="row" title={row.name}>
        {row.name}
      </th>
      {row.values.map((value, at) => {
        const number = row.numbers?.[at];
        const other = row.differs && row.numbers === null && value !== null && value !== row.values[0];
        return (
          <td key={at} className={`jp-mod-numeric${other ? ' jp-mod-differs' : ''}`} title={value ?? undefined}>
            {value === null ? <span className="jp-octavo-Muted">{trans.__('none')}</span> : typeof number === 'number' ? metric(number) : DIGEST.test(value) ? shortDigest(value) : value}
          </td>
        );
      })}
      {props.delta && <td className="jp-mod-numeric">{delta === null ? '' : signed(delta)}</td>}
    </tr>
  );
}

const MARKS = { same: ' ', added: '+', removed: '−' } as const;

/** The first version's card against the second's. */
function CardLines(props: { comparison: VersionComparison; all: boolean }): React.JSX.Element | null {
  const { card, versions } = props.comparison;
  const lines = card.filter(line => props.all || line.change !== 'same');
  if (lines.length === 0) {
    return null;
  }
  const label = trans.__('Card of v%1 against v%2', versions[1]?.version ?? '', versions[0]?.version ?? '');
  return (
    <section className="jp-octavo-Diff" aria-label={label}>
      <div className="jp-octavo-Diff-cell jp-mod-changed">
        <div className="jp-octavo-Diff-head">{label}</div>
        <pre tabIndex={0}>
          {lines.map((line, at) => (
            <span key={at} className={`jp-octavo-Diff-line jp-mod-${line.change}`}>
              {`${MARKS[line.change]} ${line.text}\n`}
            </span>
          ))}
        </pre>
      </div>
    </section>
  );
}
