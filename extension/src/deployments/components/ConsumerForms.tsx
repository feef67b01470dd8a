import * as React from 'react';

import type { Consumer, ConsumerBody, ConsumerChangeBody, ConsumerLimits, IssuedToken } from '../../api/consumers';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Code } from '../../ui/Code';
import { TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LEAST = 3;

interface ILimitText {
  perSecond: string;
  burst: string;
  rows: string;
}

function limitFault(typed: ILimitText): string | undefined {
  if (!(Number(typed.perSecond) > 0 && Number(typed.perSecond) <= 100_000)) {
    return trans.__('Requests a second are more than 0 and at most 100,000.');
  }
  if (!(Number.isInteger(Number(typed.burst)) && Number(typed.burst) >= 1 && Number(typed.burst) <= 1_000_000)) {
    return trans.__('Requests at once are 1 to 1,000,000.');
  }
  const rows = Number(typed.rows);
  return typed.rows.trim() === '' || (Number.isInteger(rows) && rows >= 1 && rows <= 1_000_000_000) ? undefined : trans.__('Rows a minute are 1 to 1,000,000,000, or empty.');
}

function limitsOf(typed: ILimitText): ConsumerLimits {
  return { requests_per_second: Number(typed.perSecond), burst: Number(typed.burst), rows_per_minute: typed.rows.trim() === '' ? null : Number(typed.rows) };
}

function LimitFields(props: { typed: ILimitText; onChange: (typed: ILimitText) => void }): React.JSX.Element {
  const { typed, onChange } = props;
  return (
    <div className="jp-octavo-Form-columns">
      <TextField label={trans.__('Requests a second')} type="number" value={typed.perSecond} maxLength={8} onChange={perSecond => onChange({ ...typed, perSecond })} />
      <TextField label={trans.__('At once after a pause')} type="number" value={typed.burst} maxLength={7} onChange={burst => onChange({ ...typed, burst })} />
      <TextField label={trans.__('Rows a minute')} type="number" value={typed.rows} maxLength={10} help={trans.__('Empty: only requests count.')} onChange={rows => onChange({ ...typed, rows })} />
    </div>
  );
}

function names(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/** Makes a consumer: what it is called, what for, which deployments it may ask, how much. */
export function ConsumerForm(props: { deployment: string; onMake: (body: ConsumerBody) => Promise<unknown>; onCancel: () => void }): React.JSX.Element {
  const [name, setName] = React.useState('');
  const [purpose, setPurpose] = React.useState('');
  const [owner, setOwner] = React.useState('');
  const [opens, setOpens] = React.useState(props.deployment);
  const [limits, setLimits] = React.useState<ILimitText>({ perSecond: '20', burst: '40', rows: '' });
  const deployments = names(opens);
  const action = useAction(() => props.onMake({ name, purpose: purpose.trim(), deployments, owner: owner.trim() || null, limits: limitsOf(limits) }));
  const fault = (): string | undefined => {
    if (!NAME.test(name)) {
      return trans.__('A name has lower-case letters, digits and dashes, at most 63.');
    }
    const foreign = deployments.find(one => !NAME.test(one));
    if (deployments.length === 0 || foreign) {
      return trans.__('%1 is no name of a deployment.', foreign ?? '–');
    }
    return limitFault(limits) ?? (purpose.trim().length < LEAST ? trans.__('Say what it asks for.') : undefined);
  };
  return (
    <Form submit={trans.__('Make consumer')} busy={action.busy} error={action.error} blocked={fault()} note={trans.__('It has no token yet; the next step makes one.')} onSubmit={action.run} onCancel={props.onCancel}>
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Name')} value={name} maxLength={63} placeholder={trans.__('booking-site')} onChange={setName} />
        <TextField label={trans.__('Owner')} value={owner} maxLength={255} help={trans.__('Who answers for it; empty: you.')} onChange={setOwner} />
      </div>
      <TextField label={trans.__('Deployments that it may ask')} value={opens} maxLength={3000} help={trans.__('Several with commas between.')} onChange={setOpens} />
      <TextArea label={trans.__('What it asks for')} value={purpose} maxLength={2000} rows={2} onChange={setPurpose} />
      <LimitFields typed={limits} onChange={setLimits} />
    </Form>
  );
}

/** Changes how much a consumer may ask, from what was read. */
export function ChangeForm(props: { consumer: Consumer; onChange: (body: ConsumerChangeBody) => Promise<unknown>; onCancel: () => void }): React.JSX.Element {
  const { limits: before, generation } = props.consumer;
  const [opens, setOpens] = React.useState(props.consumer.deployments.join(', '));
  const [limits, setLimits] = React.useState<ILimitText>({ perSecond: String(before.requests_per_second), burst: String(before.burst), rows: before.rows_per_minute ? String(before.rows_per_minute) : '' });
  const [reason, setReason] = React.useState('');
  const action = useAction(() => props.onChange({ generation, deployments: names(opens), limits: limitsOf(limits), reason: reason.trim() }));
  const blocked = limitFault(limits) ?? (names(opens).length === 0 ? trans.__('Name at least one deployment.') : reason.trim().length < LEAST ? trans.__('Say why.') : undefined);
  return (
    <Form submit={trans.__('Change limits')} busy={action.busy} error={action.error} blocked={blocked} onSubmit={action.run} onCancel={props.onCancel}>
      <TextField label={trans.__('Deployments that it may ask')} value={opens} maxLength={3000} help={trans.__('Several with commas between.')} onChange={setOpens} />
      <LimitFields typed={limits} onChange={setLimits} />
      <TextArea label={trans.__('Why')} value={reason} maxLength={1000} rows={2} help={trans.__('Kept in the audit trail.')} onChange={setReason} />
    </Form>
  );
}

/** Makes a token and shows it, once. */
export function TokenForm(props: { onIssue: (days: number, note: string) => Promise<IssuedToken>; onDone: () => void }): React.JSX.Element {
  const [days, setDays] = React.useState('90');
  const [note, setNote] = React.useState('');
  const [token, setToken] = React.useState<string | null>(null);
  const action = useAction(async () => setToken((await props.onIssue(Number(days), note.trim())).token));
  const valid = Number.isInteger(Number(days)) && Number(days) >= 1 && Number(days) <= 730;
  if (token !== null) {
    return (
      <div className="jp-octavo-Form" role="form" aria-label={trans.__('New token')}>
        <p>{trans.__('Copy it now: it is not kept and can’t be shown again.')}</p>
        <Code label={trans.__('token')} code={token} />
        <div className="jp-octavo-Form-end">
          <Button kind="primary" onClick={props.onDone}>
            {trans.__('Done')}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <Form submit={trans.__('Make token')} busy={action.busy} error={action.error} blocked={valid ? undefined : trans.__('A token lasts 1 to 730 days.')} note={trans.__('It is shown once.')} onSubmit={action.run} onCancel={props.onDone}>
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Days until it ends')} type="number" value={days} maxLength={3} onChange={setDays} />
        <TextField label={trans.__('Where it is used')} value={note} maxLength={200} onChange={setNote} />
      </div>
    </Form>
  );
}
