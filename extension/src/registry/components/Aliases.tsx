import * as React from 'react';

import type { AliasesOn } from '../../api/proof';
import type { AliasMove, Model } from '../../api/registry';
import { Button } from '../../ui/Button';
import { Choice, TextField } from '../../ui/Fields';
import { local } from '../../ui/format';
import { Timeline } from '../../ui/lists';
import { Card } from '../../ui/Page';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

/** The aliases as they are: each with the version that it points to, and the way to move it. */
export function AliasesNow(props: { model: Model; refused: string | undefined; onMove: (alias: string) => void; onLook: (version: number) => void }): React.JSX.Element {
  const aliases = Object.entries(props.model.aliases).map(([alias, version]) => ({ alias, version }));
  return (
    <Card
      title={trans.__('Aliases')}
      count={aliases.length}
      aside={
        <Button refused={props.refused} onClick={() => props.onMove('')}>
          {trans.__('Set an alias')}
        </Button>
      }
    >
      {aliases.length === 0 ? (
        <p className="jp-octavo-Muted">{trans.__('No alias has been set. The champion is set when a version goes live, or here.')}</p>
      ) : (
        <Table
          label={trans.__('Aliases')}
          rows={aliases}
          rowKey={row => row.alias}
          columns={[
            { id: 'alias', title: trans.__('Alias'), cell: row => row.alias, sort: row => row.alias },
            { id: 'version', title: trans.__('Version'), numeric: true, cell: row => <VersionLink version={row.version} onLook={props.onLook} />, sort: row => row.version },
            { id: 'uri', title: trans.__('Load it with'), cell: row => <code>{`models:/${props.model.registered_name}@${row.alias}`}</code> },
            {
              id: 'move',
              title: '',
              numeric: true,
              cell: row => (
                <Button kind="quiet" label={trans.__('Move %1', row.alias)} refused={props.refused} onClick={() => props.onMove(row.alias)}>
                  {trans.__('Move…')}
                </Button>
              )
            }
          ]}
        />
      )}
    </Card>
  );
}

function VersionLink(props: { version: number; onLook: (version: number) => void }): React.JSX.Element {
  return (
    <button type="button" className="jp-octavo-Link" onClick={() => props.onLook(props.version)}>
      {trans.__('v%1', props.version)}
    </button>
  );
}

/** What each alias was at a moment of the reader's own time. */
export function AliasesThen(props: { at: string; found: AliasesOn | undefined; onAt: (at: string) => void; onLook: (version: number) => void }): React.JSX.Element {
  const { found } = props;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Card title={trans.__('What it was on a day')}>
      <TextField label={trans.__('At the end of')} type="date" value={props.at} help={trans.__('Your own time zone, %1.', zone)} onChange={props.onAt} />
      {found && (
        <ul className="jp-octavo-Sentences" aria-label={trans.__('Aliases on that day')} aria-live="polite">
          {found.items.length === 0 && <li>{trans.__('No alias had been set by then.')}</li>}
          {found.items.map(one => (
            <li key={one.alias}>
              {one.version === null ? (
                trans.__('%1 did not exist.', one.alias)
              ) : (
                <>
                  {one.alias} <VersionLink version={one.version} onLook={props.onLook} />
                  <span className="jp-octavo-Muted">
                    {one.move && trans.__(' since %1, moved by %2', local(one.move.moved_at), one.move.moved_by)}
                    {one.until ? trans.__(', until %1', local(one.until)) : trans.__(', to this day')}
                  </span>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** Who moved which alias, when and why. */
export function AliasMoves(props: { moves: readonly AliasMove[]; aliases: readonly string[]; alias: string; onAlias: (alias: string) => void; onOlder?: (() => void) | undefined; busy?: boolean }): React.JSX.Element {
  const { moves } = props;
  return (
    <Card title={trans.__('History')} aside={moves.length > 0 && <Time at={moves[0]?.moved_at} />}>
      {props.aliases.length > 1 && (
        <Choice
          label={trans.__('Alias')}
          value={props.alias}
          options={[{ value: '', label: trans.__('all') }, ...props.aliases.map(alias => ({ value: alias, label: alias }))]}
          onChange={props.onAlias}
        />
      )}
      {moves.length === 0 ? (
        <p className="jp-octavo-Muted">{trans.__('Nothing has been moved yet.')}</p>
      ) : (
        <Timeline label={trans.__('Alias history')} moments={moves.map(moment)} />
      )}
      {props.onOlder && (
        <Button busy={props.busy} onClick={props.onOlder}>
          {trans.__('Older moves')}
        </Button>
      )}
    </Card>
  );
}

function moment(move: AliasMove): { key: string; at: string; title: string; detail: string } {
  const title = move.previous === null ? trans.__('%1 set to v%2', move.alias, move.version) : trans.__('%1 moved from v%2 to v%3', move.alias, move.previous, move.version);
  return { key: `${move.alias} ${move.version} ${move.moved_at}`, at: move.moved_at, title, detail: `${move.moved_by}: ${move.reason}` };
}

/** The last moment of a day in the reader's own zone, as the service takes it; null for what is no day. */
export function endOfDay(value: string): string | null {
  const [year, month, day] = value.split('-').map(Number);
  if (!year || !month || !day) {
    return null;
  }
  const next = new Date(year, month - 1, day + 1);
  return Number.isNaN(next.getTime()) || year < 1970 || year > 9000 ? null : new Date(next.getTime() - 1).toISOString();
}
