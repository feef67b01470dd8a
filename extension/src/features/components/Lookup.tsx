import * as React from 'react';

import type { EntityValue, FeatureView, OnlineAnswer, PreviewAnswer } from '../../api/features';
import { OctavoError } from '../../request';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import type { Tone } from '../../ui/Chip';
import { TextField } from '../../ui/Fields';
import { metric } from '../../ui/format';
import { Locked } from '../../ui/Locked';
import { Card } from '../../ui/Page';
import { Failure } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import type { FeatureModel } from '../model';

type Cell = OnlineAnswer['rows'][number]['cells'][string];

interface IFound {
  feature: string;
  cell: Cell;
  why: string;
}

const TONES: Record<Cell['status'], Tone> = { present: 'good', null: 'idle', absent: 'bad', expired: 'warn' };

/** The newest values of one entity, as a model in production gets them now. */
export function Lookup(props: { model: FeatureModel; view: FeatureView; refused?: string | undefined }): React.JSX.Element {
  const { model, view } = props;
  const [typed, setTyped] = React.useState<ReadonlyMap<string, string>>(new Map());
  const [found, setFound] = React.useState<readonly IFound[] | null>(null);
  const look = useAction(async () => {
    setFound(null);
    const entity = entityOf(view, typed);
    const answer = await model.online(view, Object.fromEntries(entity));
    const cells = new Map(Object.entries(answer.rows[0]?.cells ?? {}));
    const lacks = [...cells.values()].some(cell => cell.status === 'absent');
    const explained = lacks ? await model.explain(view, entity) : null;
    setFound(model.features(view).flatMap(feature => withReason(feature, cells.get(feature), explained)));
  });
  const none = model.features(view).length === 0;
  const refused = props.refused ?? (view.online ? (none ? trans.__('Pick at least one feature in the schema.') : undefined) : trans.__('This view is not online.'));
  return (
    <Card title={trans.__('Look an entity up')}>
      <Locked reasons={[props.refused]} />
      <form
        className="jp-octavo-Preview-pickers"
        onSubmit={event => {
          event.preventDefault();
          if (!refused) {
            look.run();
          }
        }}
      >
        {view.join_keys.map(key => (
          <TextField key={key} label={key} value={typed.get(key) ?? ''} maxLength={1000} onChange={text => setTyped(new Map(typed).set(key, text))} />
        ))}
        <Button busy={look.busy} refused={refused} onClick={() => look.run()}>
          {trans.__('Look up')}
        </Button>
      </form>
      {look.error && <Failure error={look.error} />}
      {found && <Table label={trans.__('Newest values')} rows={found} columns={columns()} rowKey={row => row.feature} />}
    </Card>
  );
}

/** Read the typed keys: digits are a whole number where the view's key is one. */
export function entityOf(view: FeatureView, typed: ReadonlyMap<string, string>): Map<string, EntityValue> {
  const entity = new Map<string, EntityValue>();
  for (const key of view.join_keys) {
    const text = (typed.get(key) ?? '').trim();
    if (text === '') {
      throw new OctavoError(0, 'no_key', trans.__('%1 is empty.', key), trans.__('Type a value of it.'), '');
    }
    entity.set(key, wholeKey(view, key, text) ?? text);
  }
  return entity;
}

function wholeKey(view: FeatureView, key: string, text: string): number | null {
  const types = new Map(Object.entries(view.key_types));
  if (!types.get(key)?.startsWith('Int')) {
    return null;
  }
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new OctavoError(0, 'no_key', trans.__('%1 is a whole number here; “%2” is none that can be looked up.', key, text.slice(0, 60)), trans.__('Type digits, at most 9,007,199,254,740,991.'), '');
  }
  return value;
}

function withReason(feature: string, cell: Cell | undefined, explained: PreviewAnswer | null): IFound[] {
  if (!cell) {
    return [];
  }
  const place = explained?.features.findIndex(one => one.feature === feature) ?? -1;
  const offline = explained?.rows[0]?.cells[place];
  return [{ feature, cell, why: cell.status === 'absent' ? absence(offline) : '' }];
}

/** Say why nothing is online, by what the source itself has now. */
function absence(offline: PreviewAnswer['rows'][number]['cells'][number] | undefined): string {
  if (!offline) {
    return '';
  }
  if (!offline.reason) {
    return trans.__('The source has a value; it is not materialised.');
  }
  return offline.detail;
}

const columns = (): IColumn<IFound>[] => [
  { id: 'feature', title: trans.__('Feature'), cell: row => <bdi>{row.feature.slice(row.feature.indexOf(':') + 1)}</bdi> },
  { id: 'value', title: trans.__('Value'), numeric: true, cell: row => (typeof row.cell.value === 'number' ? metric(row.cell.value) : <bdi>{row.cell.value === null ? '–' : String(row.cell.value)}</bdi>) },
  { id: 'status', title: trans.__('Status'), cell: row => <Chip tone={TONES[row.cell.status]}>{statusWord(row.cell.status)}</Chip> },
  { id: 'event', title: trans.__('Event time'), cell: row => <Time at={row.cell.event_at} /> },
  { id: 'why', title: trans.__('Why'), cell: row => row.why || (row.cell.status === 'expired' ? trans.__('Older than the TTL: production gets nothing.') : '') }
];

function statusWord(status: Cell['status']): string {
  const words: Record<Cell['status'], string> = { present: trans.__('present'), null: trans.__('empty'), absent: trans.__('absent'), expired: trans.__('expired') };
  return words[status];
}
