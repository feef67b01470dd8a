import * as React from 'react';

import type { CellError } from '../../api/notebooks';
import { trans } from '../../words';

/** A cell that failed: its error, its source and its traceback. */
export function CellFault(props: { error: CellError }): React.JSX.Element {
  const { error } = props;
  return (
    <div role="alert" className="jp-octavo-CellFault">
      <p>
        <b>{error.cell === null ? trans.__('Failed outside any cell') : trans.__('Cell %1 failed', error.cell + 1)}</b> {error.ename}: {error.evalue}
      </p>
      {error.source && (
        <pre className="jp-octavo-Output" tabIndex={0} aria-label={trans.__('Source of the cell')}>
          {error.source}
        </pre>
      )}
      {error.traceback && (
        <details>
          <summary>{trans.__('Traceback')}</summary>
          <pre className="jp-octavo-Output" tabIndex={0}>
            {error.traceback}
          </pre>
        </details>
      )}
    </div>
  );
}
