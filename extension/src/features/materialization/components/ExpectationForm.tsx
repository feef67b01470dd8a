import * as React from 'react';

import type { FreshnessExpectation } from '../../../api/materialization';
import { useAction } from '../../../ui/action';
import { Choice } from '../../../ui/Fields';
import { Form } from '../../../ui/form';
import { duration } from '../../../ui/format';
import { trans } from '../../../words';

const SPANS = [900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 31 * 86_400];

function options(now: number | null | undefined): { value: string; label: string }[] {
  const spans = now && !SPANS.includes(now) ? [...SPANS, now].sort((a, b) => a - b) : SPANS;
  return [{ value: '', label: trans.__('No limit') }, ...spans.map(span => ({ value: String(span), label: duration(span) }))];
}

/** How old a view's data may become before an alert is raised. */
export function ExpectationForm(props: { now: FreshnessExpectation | null; onExpect: (wanted: FreshnessExpectation) => Promise<unknown>; onCancel: () => void }): React.JSX.Element {
  const { now } = props;
  const [event, setEvent] = React.useState(String(now?.newest_event_within_s ?? ''));
  const [end, setEnd] = React.useState(String(now?.materialized_within_s ?? (now ? '' : '86400')));
  const seconds = (text: string): number | null => (text ? Number(text) : null);
  const action = useAction(() => props.onExpect({ newest_event_within_s: seconds(event), materialized_within_s: seconds(end) }));
  return (
    <Form
      submit={trans.__('Set')}
      busy={action.busy}
      error={action.error}
      blocked={event || end ? undefined : trans.__('Set a limit for one of them.')}
      note={trans.__('An alert is raised when a limit is exceeded, and resolved when it is kept again.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <Choice label={trans.__('Newest event within')} value={event} options={options(now?.newest_event_within_s)} onChange={setEvent} help={trans.__('Event time of the newest row in the source.')} />
        <Choice label={trans.__('Materialised within')} value={end} options={options(now?.materialized_within_s)} onChange={setEnd} help={trans.__('End of the last window that is online.')} />
      </div>
    </Form>
  );
}
