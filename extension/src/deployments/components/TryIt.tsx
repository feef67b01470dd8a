import * as React from 'react';

import type { Deployment, InvocationAnswer, Row, SignatureColumn } from '../../api/deployments';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Check, TextField } from '../../ui/Fields';
import { metric, ms, text } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import { Failure } from '../../ui/states';
import { trans } from '../../words';

const NUMERIC = /double|float|integer|long/;

/** Turn what was typed into a row of the model's own types; empty optional fields are left out. */
export function rowOf(columns: readonly SignatureColumn[], typed: Readonly<Record<string, string>>): Row {
  const filled = columns.filter(column => (typed[column.name] ?? '') !== '');
  return Object.fromEntries(filled.map(column => [column.name, valueOf(column, typed[column.name] ?? '')]));
}

function valueOf(column: SignatureColumn, value: string): Row[string] {
  if (column.type === 'boolean') {
    return value === 'true';
  }
  return NUMERIC.test(column.type) ? Number(value) : value;
}

/** Say what is wrong with a typed value; undefined when nothing is. */
export function columnFault(column: SignatureColumn, value: string): string | undefined {
  if (value === '') {
    return column.required ? trans.__('%1 is needed.', column.name) : undefined;
  }
  if (NUMERIC.test(column.type) && !Number.isFinite(Number(value))) {
    return trans.__('%1 is no number.', value);
  }
  return /integer|long/.test(column.type) && !Number.isInteger(Number(value)) ? trans.__('%1 is no whole number.', value) : undefined;
}

/** A form made from the model's signature, filled with its example. */
export function TryIt(props: { deployment: Deployment; onScore: (row: Row) => Promise<InvocationAnswer> }): React.JSX.Element {
  const { deployment } = props;
  const [typed, setTyped] = React.useState<Record<string, string>>(() =>
    Object.fromEntries(deployment.inputs.map(column => [column.name, deployment.example?.[column.name] === undefined || deployment.example[column.name] === null ? '' : String(deployment.example[column.name])]))
  );
  const [answer, setAnswer] = React.useState<InvocationAnswer | null>(null);
  const score = useAction(async () => setAnswer(await props.onScore(rowOf(deployment.inputs, typed))));
  const faults = deployment.inputs.map(column => columnFault(column, typed[column.name] ?? '')).filter(Boolean);
  return (
    <Card title={trans.__('Try it')}>
      <div className="jp-octavo-TryIt">
        {deployment.inputs.map(column =>
          column.type === 'boolean' ? (
            <Check key={column.name} label={column.name} checked={typed[column.name] === 'true'} onChange={checked => setTyped({ ...typed, [column.name]: String(checked) })} />
          ) : (
            <TextField
              key={column.name}
              label={column.name}
              type={NUMERIC.test(column.type) ? 'number' : 'text'}
              value={typed[column.name] ?? ''}
              help={column.required ? undefined : trans.__('may be empty')}
              error={columnFault(column, typed[column.name] ?? '')}
              maxLength={1000}
              onChange={value => setTyped({ ...typed, [column.name]: value })}
            />
          )
        )}
      </div>
      {score.error && <Failure error={score.error} />}
      <div className="jp-octavo-Form-end">
        {answer && <Answer answer={answer} />}
        <Button kind="primary" busy={score.busy} refused={faults[0]} onClick={() => score.run()}>
          {trans.__('Score')}
        </Button>
      </div>
    </Card>
  );
}

/** Write a prediction: a number, or the numbers of a row, with four digits. */
export function scoreText(prediction: unknown): string {
  const values = Array.isArray(prediction) ? prediction : [prediction];
  return values.map(value => (typeof value === 'number' ? metric(value) : text(value))).join(' · ');
}

function Answer(props: { answer: InvocationAnswer }): React.JSX.Element {
  const { answer } = props;
  const [first] = answer.predictions;
  return (
    <div className="jp-octavo-Answer" role="status" aria-label={trans.__('Score')}>
      <b>{scoreText(first)}</b>
      <span className="jp-octavo-Muted">
        {trans.__('v%1 · %2', answer.version, ms(answer.latency_ms))}
        {answer.failed_over && ` · ${trans.__('failed over')}`}
      </span>
    </div>
  );
}

/** The exact request from outside, with the caller's own token. */
export function curlOf(deployment: Deployment, origin: string): string {
  const row = JSON.stringify({ dataframe_records: [deployment.example ?? {}] }, null, 1).replace(/\n\s*/g, ' ');
  return ["curl -sS -X POST \\", `  -H "Authorization: Bearer $OCTAVO_TOKEN" \\`, "  -H 'Content-Type: application/json' \\", `  -d '${row.replace(/'/g, "'\\''")}' \\`, `  '${origin}${deployment.invocations_path}'`].join('\n');
}

/** What the deployment promises and how it is set. */
export function Promises(props: { deployment: Deployment }): React.JSX.Element {
  const { objectives, model, environment, profile } = props.deployment;
  return (
    <Card title={trans.__('Promises')}>
      <Facts
        facts={[
          [trans.__('Model'), model],
          [trans.__('Environment'), environment],
          [trans.__('Profile'), profile],
          [trans.__('Latency'), trans.__('95 % within %1', ms(objectives.latency_p95_ms))],
          [trans.__('Errors'), trans.__('at most %1 %', metric((objectives.error_rate ?? 0) * 100))],
          [trans.__('Drift'), trans.__('alerts above PSI %1', metric(objectives.drift_psi))]
        ]}
      />
    </Card>
  );
}
