import * as React from 'react';

import { Button } from '../../ui/Button';
import { Locked } from '../../ui/Locked';
import { trans } from '../../words';

/** What can be done with the picked runs together. */
export function PickedBar(props: { count: number; refused: string | undefined; onTag: () => void; onNotebooks: (() => void) | undefined; onClear: () => void }): React.JSX.Element {
  return (
    <div className="jp-octavo-PickedBar" role="region" aria-label={trans.__('Picked runs')}>
      <span role="status">{trans._n('%2 run picked', '%2 runs picked', props.count, props.count.toLocaleString('en-US'))}</span>
      <Button refused={props.refused} onClick={props.onTag}>{trans.__('Tag…')}</Button>
      <Button refused={props.onNotebooks ? undefined : trans.__('Pick two runs to see their notebooks side by side.')} onClick={() => props.onNotebooks?.()}>
        {trans.__('Notebooks side by side')}
      </Button>
      <Button kind="quiet" onClick={props.onClear}>
        {trans.__('Let all go')}
      </Button>
      <Locked reasons={[props.refused]} />
    </div>
  );
}
