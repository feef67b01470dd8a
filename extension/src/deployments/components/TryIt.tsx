import * as React from 'react';

import type { Deployment, InvocationAnswer, Row, SignatureColumn } from '../../api/deployments';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Code } from '../../ui/Code';
import { Check, TextField } from '../../ui/Fields';
import { ms } from '../../ui/format';
import { Sentences } from '../../ui/lists';
import { Card, Facts } from '../../ui/Page';
import { Failure } from '../../ui/states';
import { trans } from '../../words';
import type { Typed } from '../trying';
import { columnFault, curlOf, entityOf, exampleOf, isNumeric, rowOf, scoreText } from '../trying';
import { promiseFacts } from '../words';

/** Props of the form that scores one row. */
export interface ITryItProps {
  deployment: Deployment;
  /** Why who looks may not score. */
  refused?: string | undefined;
  onScore: (row: Row, entity?: Row) => Promise<InvocationAnswer>;
}

/** A form made from the model's signature, filled with its example, and the same request for a shell. */
export function TryIt(props: ITryItProps): React.JSX.Element {
  const { deployment } = props;
  const [typed, setTyped] = React.useState<Typed>(() => exampleOf(deployment));
  const [filled, setFilled] = React.useState(false);
  const [keys, setKeys] = React.useState('');
  const [answer, setAnswer] = React.useState<InvocationAnswer | null>(null);
  const entity = filled ? entityOf(keys) : undefined;
  const row = rowOf(deployment.inputs, typed);
  const score = useAction(async () => setAnswer(await props.onScore(row, entity)));
  const faults = deployment.inputs.map(column => columnFault(column, typed.get(column.name) ?? '', filled)).filter(Boolean);
  const keyFault = filled && !entity ? trans.__('Write keys as name=value, several with commas between.') : undefined;
  return (
    <Card title={trans.__('Try it')}>
      <div className="jp-octavo-TryIt">
        {deployment.inputs.map(column => (
          <Cell key={column.name} column={column} value={typed.get(column.name) ?? ''} filled={filled} onChange={value => setTyped(new Map(typed).set(column.name, value))} />
        ))}
      </div>
      <Check label={trans.__('Fill what is empty from the online store')} checked={filled} onChange={setFilled} />
      {filled && <TextField label={trans.__('Entity keys')} value={keys} placeholder={trans.__('carrier=UA, origin=EWR')} maxLength={500} help={trans.__('name=value, several with commas between')} error={keys ? keyFault : undefined} onChange={setKeys} />}
      {score.error && <Failure error={score.error} />}
      <div className="jp-octavo-Form-end">
        {answer && <Answer answer={answer} />}
        <Button kind="primary" busy={score.busy} refused={props.refused ?? faults[0] ?? keyFault} onClick={() => score.run()}>
          {trans.__('Score')}
        </Button>
      </div>
      <details className="jp-octavo-Curl">
        <summary>{trans.__('The same from outside')}</summary>
        <Code label={trans.__('curl')} code={curlOf(deployment, window.location.origin, row, entity)} />
        <p className="jp-octavo-Muted">{trans.__('OCTAVO_TOKEN is a consumer’s token, or one from the Hub’s token page.')}</p>
      </details>
    </Card>
  );
}

function Cell(props: { column: SignatureColumn; value: string; filled: boolean; onChange: (value: string) => void }): React.JSX.Element {
  const { column, value } = props;
  if (column.type === 'boolean') {
    return <Check label={column.name} checked={value === 'true'} onChange={checked => props.onChange(String(checked))} />;
  }
  return (
    <TextField
      label={column.name}
      type={isNumeric(column) ? 'number' : 'text'}
      value={value}
      help={column.required && !props.filled ? undefined : trans.__('may be empty')}
      error={columnFault(column, value, props.filled)}
      maxLength={1000}
      onChange={props.onChange}
    />
  );
}

function Answer(props: { answer: InvocationAnswer }): React.JSX.Element {
  const { answer } = props;
  const [first] = answer.predictions;
  const why = { absent: trans.__('the store has none'), expired: trans.__('too old'), null: trans.__('null') };
  return (
    <div className="jp-octavo-Answer" role="status" aria-label={trans.__('Score')}>
      <b>{scoreText(first)}</b>
      <span className="jp-octavo-Muted">
        {trans.__('v%1 · %2', answer.version, ms(answer.latency_ms))}
        {answer.failed_over && ` · ${trans.__('failed over')}`}
      </span>
      {(answer.features_missing ?? []).length > 0 && <Sentences label={trans.__('Features without a value')} sentences={answer.features_missing.map(one => trans.__('%1: %2', one.column, why[one.why]))} />}
    </div>
  );
}

/** What the deployment promises and how it is set. */
export function Promises(props: { deployment: Deployment }): React.JSX.Element {
  const { objectives, model, environment, profile, owner, rate_limit: limit } = props.deployment;
  return (
    <Card title={trans.__('Promises')}>
      <Facts facts={[[trans.__('Model'), model], [trans.__('Environment'), environment], [trans.__('Profile'), profile], [trans.__('Owner'), owner || '–'], ...promiseFacts(objectives, limit)]} />
    </Card>
  );
}
