import * as React from 'react';

import { Check, TextField } from '../../ui/Fields';
import { trans } from '../../words';
import type { IValues } from '../asking';

/** What the deployment promises, and what one consumer may send. */
export function PromiseFields(props: { values: IValues; onChange: (change: Partial<IValues>) => void }): React.JSX.Element {
  const { values, onChange } = props;
  return (
    <fieldset className="jp-octavo-Plan">
      <legend>{trans.__('Objectives')}</legend>
      <p className="jp-octavo-Muted">{trans.__('A step that misses one of them is rolled back by itself.')}</p>
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Latency it promises')} type="number" value={values.p95} maxLength={8} help={trans.__('95th percentile, milliseconds')} onChange={p95 => onChange({ p95 })} />
        <TextField label={trans.__('Slowest it allows')} type="number" value={values.p99} maxLength={8} help={trans.__('99th percentile, milliseconds; empty promises none')} onChange={p99 => onChange({ p99 })} />
        <TextField label={trans.__('Errors it allows')} type="number" value={values.errors} maxLength={6} help={trans.__('Percent of the requests')} onChange={errors => onChange({ errors })} />
        <TextField label={trans.__('Drift that alerts')} type="number" value={values.drift} maxLength={6} help={trans.__('Population stability index, of features and of scores')} onChange={drift => onChange({ drift })} />
      </div>
      <Check label={trans.__('Limit what one caller may send')} help={trans.__('A consumer’s own limits come first.')} checked={values.limited} onChange={limited => onChange({ limited })} />
      {values.limited && (
        <div className="jp-octavo-Form-columns">
          <TextField label={trans.__('Requests a second')} type="number" value={values.perSecond} maxLength={6} onChange={perSecond => onChange({ perSecond })} />
          <TextField label={trans.__('At once after a pause')} type="number" value={values.burst} maxLength={7} onChange={burst => onChange({ burst })} />
        </div>
      )}
    </fieldset>
  );
}
