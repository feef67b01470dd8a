import * as React from 'react';

import type { IReviewBody } from '../../api/notebooks';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { TextArea } from '../../ui/Fields';
import { Locked } from '../../ui/Locked';
import { Card } from '../../ui/Page';
import { Failure } from '../../ui/states';
import { trans } from '../../words';

const LEAST = 10;

/** Props of a decision. */
export interface IDecisionProps {
  /** What an approval leads to, in a sentence. */
  effect: string;
  /** Digest of what is on screen; null while there is nothing to decide on yet. */
  digest: string | null;
  may: boolean;
  because: string;
  approve: string;
  reject: string;
  onDecide: (body: IReviewBody) => Promise<unknown>;
}

/** Approve or send back, with a required sentence; who may not sees why. */
export function Decision(props: IDecisionProps): React.JSX.Element {
  const [reason, setReason] = React.useState('');
  const action = useAction((decision: IReviewBody['decision']) => props.onDecide({ decision, reason: reason.trim(), digest: props.digest ?? '' }));
  if (!props.may) {
    return (
      <Card title={trans.__('Decision')}>
        <Locked reasons={[props.because]} />
      </Card>
    );
  }
  const blocked = reason.trim().length < LEAST ? trans.__('Say why in a sentence of at least %1 characters.', LEAST) : undefined;
  return (
    <Card title={trans.__('Decision')}>
      <p>{props.effect}</p>
      <TextArea label={trans.__('Reason')} value={reason} maxLength={2000} onChange={setReason} help={trans.__('Shown to the author and kept in the audit trail.')} />
      {action.error && <Failure error={action.error} />}
      <div className="jp-octavo-Form-end">
        <Button refused={blocked} busy={action.busy} onClick={() => action.run('reject')}>
          {props.reject}
        </Button>
        <Button kind="primary" refused={blocked} busy={action.busy} onClick={() => action.run('approve')}>
          {props.approve}
        </Button>
      </div>
    </Card>
  );
}
