import { caretDownIcon, caretUpIcon, closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { RunField } from '../../api/experiments';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Fields';
import { trans } from '../../words';
import { builtinFields, columnOf } from '../table/columns';
import type { ILayout } from '../table/layout';
import { nudged, ordered, pinned, shown } from '../table/layout';

const MOST_OFFERED = 100;

/** Props of the choice of columns. */
export interface IRunColumnsProps {
  layout: ILayout;
  fields: ReadonlyMap<string, RunField>;
  onLayout: (layout: ILayout) => void;
  onClose: () => void;
}

/** Which columns are shown, in which order, and which stay in sight. */
export function RunTableColumns(props: IRunColumnsProps): React.JSX.Element {
  const { layout, onLayout } = props;
  const [query, setQuery] = React.useState('');
  const there = ordered(layout);
  const words = query.toLowerCase();
  const offered = [...new Set([...builtinFields(), ...props.fields.keys()])].filter(field => !there.includes(field) && field.toLowerCase().includes(words) && field !== 'run_id');
  return (
    <aside className="jp-octavo-Columns" aria-label={trans.__('Columns')} onKeyDown={event => event.key === 'Escape' && props.onClose()}>
      <div className="jp-octavo-Columns-head">
        <h2>{trans.__('Columns')}</h2>
        <Button kind="quiet" icon={closeIcon} label={trans.__('Close the choice of columns')} onClick={props.onClose} />
      </div>
      <ul aria-label={trans.__('Shown columns')}>
        {there.map(field => (
          <Shown key={field} field={field} layout={layout} onLayout={onLayout} />
        ))}
      </ul>
      <TextField label={trans.__('Add a column')} type="search" value={query} placeholder={trans.__('metric, parameter or tag')} onChange={setQuery} />
      <ul aria-label={trans.__('More columns')}>
        {offered.slice(0, MOST_OFFERED).map(field => (
          <li key={field}>
            <button type="button" className="jp-octavo-Columns-add" onClick={() => onLayout(shown(layout, field, true))}>
              <bdi>{columnOf(field).title}</bdi>
              <span className="jp-octavo-Muted">{described(field, props.fields.get(field))}</span>
            </button>
          </li>
        ))}
      </ul>
      {offered.length > MOST_OFFERED && <p className="jp-octavo-Muted">{trans.__('and %1 more; type to find them', offered.length - MOST_OFFERED)}</p>}
      {offered.length === 0 && <p className="jp-octavo-Muted">{trans.__('No other column has a name like this.')}</p>}
    </aside>
  );
}

function Shown(props: { field: string; layout: ILayout; onLayout: (layout: ILayout) => void }): React.JSX.Element {
  const { field, layout, onLayout } = props;
  const column = columnOf(field);
  const stays = layout.pins.includes(field);
  return (
    <li>
      <label className="jp-octavo-Columns-shown">
        <input type="checkbox" checked onChange={() => onLayout(shown(layout, field, false))} disabled={layout.columns.length === 1} />
        <bdi title={field}>{column.title}</bdi>
      </label>
      <button type="button" className="jp-octavo-Columns-pin" aria-pressed={stays} aria-label={trans.__('Keep %1 in sight', column.title)} title={trans.__('Keep in sight')} onClick={() => onLayout(pinned(layout, field, !stays))}>
        {stays ? trans.__('pinned') : trans.__('pin')}
      </button>
      <Button kind="quiet" icon={caretUpIcon} label={trans.__('Move %1 to the left', column.title)} onClick={() => onLayout(nudged(layout, field, -1))} />
      <Button kind="quiet" icon={caretDownIcon} label={trans.__('Move %1 to the right', column.title)} onClick={() => onLayout(nudged(layout, field, 1))} />
    </li>
  );
}

function described(field: string, known: RunField | undefined): string {
  const source = { column: trans.__('of every run'), metric: trans.__('metric'), param: trans.__('parameter'), tag: trans.__('tag') }[columnOf(field).source];
  return known && columnOf(field).source !== 'column' ? `${source} · ${trans._n('%2 run', '%2 runs', known.runs, known.runs.toLocaleString('en-US'))}` : source;
}
