import { lockIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/** Why something can't be used by who looks, each reason once; nothing where there is none. */
export function Locked(props: { reasons: readonly (string | undefined)[] }): React.JSX.Element | null {
  const reasons = [...new Set(props.reasons)].filter(Boolean);
  return reasons.length === 0 ? null : (
    <p className="jp-octavo-Locked" role="note">
      <lockIcon.react tag="span" /> <span>{reasons.join(' ')}</span>
    </p>
  );
}
