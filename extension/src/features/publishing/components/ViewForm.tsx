import * as React from 'react';

import type { LakeTable } from '../../../api/publishing';
import { Check, Choice, TextArea, TextField } from '../../../ui/Fields';
import { Card, Split } from '../../../ui/Page';
import { trans } from '../../../words';
import type { IColumnDraft, IViewDraft, TtlUnit } from '../draft';
import { draftFrom } from '../draft';

/** Props of the fields. */
export interface IViewFormProps {
  draft: IViewDraft;
  /** The lake's tables to make a view of; null: a view that is there is edited. */
  tables: readonly LakeTable[] | null;
  entities: readonly string[];
  /** What stands beside the fields. */
  aside?: React.ReactNode;
  onChange: (draft: IViewDraft) => void;
}

/** Everything that can be said about a view. */
export function ViewForm(props: IViewFormProps): React.JSX.Element {
  const { draft } = props;
  const set = (changes: Partial<IViewDraft>): void => props.onChange({ ...draft, ...changes });
  return (
    <>
      <Split
        main={
          <>
            {props.tables && <Origin {...props} tables={props.tables} set={set} />}
            <Card title={trans.__('About')}>
              <TextArea label={trans.__('Description')} value={draft.description} rows={2} maxLength={4000} onChange={description => set({ description })} help={trans.__('What a row holds, and from when on it is known.')} />
              <TextField label={trans.__('Owner')} value={draft.owner} maxLength={200} onChange={owner => set({ owner })} help={trans.__('Who answers for it: an address or a team.')} />
              <TextArea label={trans.__('Tags')} value={draft.tags} rows={2} maxLength={4000} mono onChange={tags => set({ tags })} help={trans.__('One name=value a line.')} />
              <Ttl draft={draft} set={set} />
              <Check label={trans.__('Keep the newest values online')} checked={draft.online} onChange={online => set({ online })} />
            </Card>
          </>
        }
        side={props.aside}
      />
      <Columns columns={draft.columns} onChange={columns => set({ columns })} />
    </>
  );
}

type Setter = (changes: Partial<IViewDraft>) => void;

function Origin(props: IViewFormProps & { tables: readonly LakeTable[]; set: Setter }): React.JSX.Element {
  const { draft, tables, set } = props;
  const table = tables.find(one => one.path === draft.table);
  const names = (table?.columns ?? []).map(column => column.name);
  const times = (table?.columns ?? []).filter(column => column.dtype === 'UnixTimestamp').map(column => column.name);
  const options = (values: readonly string[], none: string): { value: string; label: string }[] => [{ value: '', label: none }, ...values.map(value => ({ value, label: value }))];
  return (
    <Card title={trans.__('Where it comes from')}>
      <Choice
        label={trans.__('Table')}
        value={draft.table}
        options={options(
          tables.map(one => one.path),
          trans.__('Choose a table of the lake')
        )}
        help={table && trans.__('%1 rows', table.rows.toLocaleString('en-US'))}
        onChange={path => props.onChange(draftFrom(tables.find(one => one.path === path) ?? null))}
      />
      <TextField label={trans.__('Name')} value={draft.name} maxLength={100} onChange={name => set({ name })} help={trans.__('Letters, digits and underscores.')} />
      <TextField label={trans.__('Entity')} value={draft.entity} maxLength={100} suggestions={props.entities} onChange={entity => set({ entity })} help={trans.__('What a row is about.')} />
      <Choice label={trans.__('Key column')} value={draft.key} options={options(names, trans.__('Choose a column'))} onChange={key => set({ key })} />
      <Choice label={trans.__('Event time')} value={draft.eventColumn} options={options(times, trans.__('Choose a column'))} onChange={eventColumn => set({ eventColumn })} />
      <Choice
        label={trans.__('Known from')}
        value={draft.createdColumn}
        options={options(times, trans.__('No column says it'))}
        onChange={createdColumn => set({ createdColumn })}
        help={trans.__('When a row could first be read: it keeps joins from using what was not known yet.')}
      />
    </Card>
  );
}

function Ttl(props: { draft: IViewDraft; set: Setter }): React.JSX.Element {
  const { draft, set } = props;
  const units: { value: TtlUnit; label: string }[] = [
    { value: 'minutes', label: trans.__('minutes') },
    { value: 'hours', label: trans.__('hours') },
    { value: 'days', label: trans.__('days') },
    { value: 'ever', label: trans.__('ever') }
  ];
  return (
    <div className="jp-octavo-Publishing-ttl">
      {draft.ttlUnit !== 'ever' && <TextField label={trans.__('Valid for')} type="number" value={draft.ttl} maxLength={9} onChange={ttl => set({ ttl })} />}
      <Choice label={draft.ttlUnit === 'ever' ? trans.__('Valid for') : trans.__('Unit')} value={draft.ttlUnit} options={units} onChange={unit => set({ ttlUnit: unit as TtlUnit })} />
    </div>
  );
}

function Columns(props: { columns: readonly IColumnDraft[]; onChange: (columns: readonly IColumnDraft[]) => void }): React.JSX.Element {
  const { columns } = props;
  const set = (name: string, changes: Partial<IColumnDraft>): void => props.onChange(columns.map(one => (one.name === name ? { ...one, ...changes } : one)));
  return (
    <Card title={trans.__('Columns')} count={columns.filter(column => column.kept).length}>
      <ul className="jp-octavo-Publishing-columns" aria-label={trans.__('Columns')}>
        {columns.map(column => (
          <li key={column.name}>
            <Check label={column.name} checked={column.kept} onChange={kept => set(column.name, { kept })} />
            <span className="jp-octavo-Muted">{column.dtype}</span>
            <input
              className="jp-mod-styled"
              aria-label={trans.__('Meaning of %1', column.name)}
              placeholder={trans.__('Meaning, with its unit')}
              value={column.description}
              maxLength={4000}
              disabled={!column.kept}
              onChange={event => set(column.name, { description: event.target.value })}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}
