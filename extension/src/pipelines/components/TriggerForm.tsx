import * as React from 'react';

import type { TriggerRequest } from '../../api/definitions';
import { useAction } from '../../ui/action';
import { Choice, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';

const MOST_SECONDS = 86_400;

/** Props of the form. */
export interface ITriggerFormProps {
  /** The project's other pipelines. */
  pipelines: readonly string[];
  onTrigger: (body: TriggerRequest) => Promise<unknown>;
  onCancel: () => void;
}

/** What else shall start a pipeline: data of the lake that changes, or another pipeline's run that ends. */
export function TriggerForm(props: ITriggerFormProps): React.JSX.Element {
  const [on, setOn] = React.useState<TriggerRequest['on']>('data');
  const [source, setSource] = React.useState('');
  const [ended, setEnded] = React.useState<TriggerRequest['ended']>('succeeded');
  const [settle, setSettle] = React.useState('60');
  const wrongSettle = /^\d+(\.\d+)?$/.test(settle.trim()) && Number(settle) <= MOST_SECONDS ? undefined : trans.__('%1 is no number of seconds up to %2.', settle || trans.__('nothing'), MOST_SECONDS);
  const wrongSource = source.trim() ? undefined : on === 'data' ? trans.__('Name a path of the lake.') : trans.__('Name a pipeline.');
  const action = useAction(() => props.onTrigger({ on, source: source.trim(), ended, settle_s: on === 'data' ? Number(settle) : 60, parameters: {} }));
  return (
    <Form submit={trans.__('Add trigger')} busy={action.busy} error={action.error} blocked={wrongSource ?? (on === 'data' ? wrongSettle : undefined)} note={trans.__('Each run is booked on the project.')} onSubmit={action.run} onCancel={props.onCancel}>
      <Choice
        label={trans.__('Run it when')}
        value={on}
        options={[
          { value: 'data', label: trans.__('data has changed') },
          { value: 'pipeline', label: trans.__('another pipeline has run') }
        ]}
        onChange={value => setOn(value as TriggerRequest['on'])}
      />
      {on === 'data' ? (
        <>
          <TextField label={trans.__('Path in the lake')} value={source} maxLength={512} help={trans.__('A file, or a folder with all that is below it.')} onChange={setSource} />
          <TextField label={trans.__('Unchanged for')} type="number" value={settle} error={wrongSettle} help={trans.__('Seconds, so that half-written data starts nothing.')} onChange={setSettle} />
        </>
      ) : (
        <>
          <TextField label={trans.__('Pipeline')} value={source} maxLength={63} suggestions={props.pipelines} onChange={setSource} />
          <Choice
            label={trans.__('And has')}
            value={ended}
            options={[
              { value: 'succeeded', label: trans.__('succeeded') },
              { value: 'failed', label: trans.__('failed') },
              { value: 'any', label: trans.__('ended in any way') }
            ]}
            onChange={value => setEnded(value as TriggerRequest['ended'])}
          />
        </>
      )}
    </Form>
  );
}
