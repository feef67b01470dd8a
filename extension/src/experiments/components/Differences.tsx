import * as React from 'react';

import type { ComparedField, Run } from '../../api/experiments';
import { metric, signed, text } from '../../ui/format';
import { trans } from '../../words';

/** Props of a comparison's table. */
export interface IDifferencesProps {
  runs: readonly Run[];
  fields: readonly ComparedField[];
  onOpen: (run: Run) => void;
}

/** One line a field, one column a run. */
export function Differences(props: IDifferencesProps): React.JSX.Element {
  const { runs, fields } = props;
  const delta = runs.length === 2;
  return (
    <div className="jp-octavo-Table-scroll">
      <table className="jp-octavo-Table jp-octavo-Differences" aria-label={trans.__('What differs')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Field')}</th>
            {runs.map(run => (
              <th scope="col" key={run.run_id} className="jp-mod-numeric">
                <button type="button" className="jp-octavo-Link" onClick={() => props.onOpen(run)}>
                  {run.name}
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
        <tbody>
          {fields.map(field => (
            <tr key={`${field.kind} ${field.name}`} className={field.differs ? undefined : 'jp-octavo-Same'}>
              <th scope="row">
                {field.name} <span className="jp-octavo-Muted">{field.kind}</span>
              </th>
              {field.values.map((value, index) => (
                <td key={index} className="jp-mod-numeric" title={text(value)}>
                  {typeof value === 'number' ? metric(value) : text(value)}
                </td>
              ))}
              {delta && <td className="jp-mod-numeric">{field.delta ? signed(field.delta) : ''}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
