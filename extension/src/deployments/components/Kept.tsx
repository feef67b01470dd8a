import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LoggedRow, RequestLog, RequestLogBody } from '../../api/serving';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Check, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { bytes, ms, percent } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import { Empty } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

const LEAST = 3;
const SHOWN = 300;

/** What of the requests is kept, and who said so. */
export function Kept(props: { log: RequestLog; refused: string | undefined; onChange: () => void }): React.JSX.Element {
  const { log } = props;
  return (
    <Card
      title={trans.__('What is kept')}
      aside={
        <Button refused={props.refused} onClick={props.onChange}>
          {trans.__('Change')}
        </Button>
      }
    >
      <Facts
        facts={[
          [trans.__('Share of the requests'), log.share === 0 ? trans.__('none') : percent(log.share)],
          [trans.__('Never kept'), log.redacted.length > 0 ? log.redacted.join(', ') : trans.__('no column is left out')],
          [trans.__('Removed after'), trans._n('%1 day', '%1 days', log.keep_days, log.keep_days)],
          [trans.__('Kept now'), trans._n('%2 in one file', '%2 in %1 files', log.files, bytes(log.size_bytes))],
          [trans.__('Oldest day'), log.oldest_day ?? '–'],
          [
            trans.__('Changed'),
            log.changed_by ? (
              <span key="changed">
                {log.changed_by} · <Time at={log.changed_at} />
              </span>
            ) : (
              trans.__('never: this is the default')
            )
          ]
        ]}
      />
    </Card>
  );
}

/** Says what is kept from now on; columns that are left out are kept nowhere. */
export function KeptForm(props: { log: RequestLog; columns: readonly string[]; onChange: (body: RequestLogBody) => Promise<unknown>; onCancel: () => void }): React.JSX.Element {
  const { log } = props;
  const [share, setShare] = React.useState(String(Number((log.share * 100).toPrecision(6))));
  const [days, setDays] = React.useState(String(log.keep_days));
  const [redacted, setRedacted] = React.useState<ReadonlySet<string>>(new Set(log.redacted));
  const [reason, setReason] = React.useState('');
  const action = useAction(() => props.onChange({ share: Number(share) / 100, keep_days: Number(days), redacted: [...redacted], generation: log.generation, reason: reason.trim() }));
  const fault = (): string | undefined => {
    if (!(share.trim() !== '' && Number(share) >= 0 && Number(share) <= 100)) {
      return trans.__('A share is 0 to 100 percent.');
    }
    if (!(Number.isInteger(Number(days)) && Number(days) >= 1 && Number(days) <= 400)) {
      return trans.__('Rows are kept for 1 to 400 days.');
    }
    return reason.trim().length < LEAST ? trans.__('Say why.') : undefined;
  };
  const toggle = (column: string, out: boolean): void => setRedacted(new Set(out ? [...redacted, column] : [...redacted].filter(one => one !== column)));
  const all = [...new Set([...props.columns, ...log.redacted])];
  return (
    <Form submit={trans.__('Change')} busy={action.busy} error={action.error} blocked={fault()} note={trans.__('Holds for requests from now on; what was kept before stays until its day.')} onSubmit={action.run} onCancel={props.onCancel}>
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Share of the requests')} type="number" value={share} maxLength={6} help={trans.__('Percent; 0 keeps none.')} onChange={setShare} />
        <TextField label={trans.__('Removed after')} type="number" value={days} maxLength={3} help={trans.__('Days')} onChange={setDays} />
      </div>
      <fieldset className="jp-octavo-Plan">
        <legend>{trans.__('Columns that are never kept')}</legend>
        <div className="jp-octavo-TryIt">
          {all.map(column => (
            <Check key={column} label={column} checked={redacted.has(column)} onChange={out => toggle(column, out)} />
          ))}
        </div>
      </fieldset>
      <TextArea label={trans.__('Why')} value={reason} maxLength={2000} rows={2} help={trans.__('Kept in the audit trail.')} onChange={setReason} />
    </Form>
  );
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

const columns = (): IColumn<LoggedRow>[] => [
  { id: 'at', title: trans.__('At'), cell: row => <Time at={row.at} /> },
  { id: 'caller', title: trans.__('Caller'), cell: row => row.caller },
  { id: 'version', title: trans.__('Version'), cell: row => <Chip>{trans.__('v%1', row.version)}</Chip> },
  { id: 'latency', title: trans.__('Latency'), numeric: true, cell: row => ms(row.latency_ms), sort: row => row.latency_ms },
  { id: 'prediction', title: trans.__('Score'), cell: row => <code title={row.prediction}>{cut(row.prediction)}</code> },
  { id: 'inputs', title: trans.__('Row'), wraps: true, cell: row => <code className="jp-octavo-Inputs">{cut(row.inputs)}</code> }
];

/** The newest kept rows, redacted values as null. */
export function KeptRows(props: { rows: readonly LoggedRow[]; onRefresh: () => void }): React.JSX.Element {
  return (
    <Card title={trans.__('Newest rows')} count={props.rows.length} aside={<Button kind="quiet" icon={refreshIcon} label={trans.__('Refresh the rows')} onClick={props.onRefresh} />}>
      {props.rows.length > 0 ? (
        <Table label={trans.__('Newest rows')} rows={props.rows} columns={columns()} rowKey={row => `${row.request_id} ${row.at} ${row.inputs}`} low />
      ) : (
        <Empty title={trans.__('No row is kept')}>{trans.__('Rows appear some seconds after they were scored, as many as the share says.')}</Empty>
      )}
    </Card>
  );
}
