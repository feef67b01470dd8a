import { errorIcon, infoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LintFinding } from '../../api/notebooks';
import { trans } from '../../words';

/** How many findings of a cell are shown before a person asks for all. */
export const MOST_SHOWN = 3;

function Line(props: { finding: LintFinding; onFix: (finding: LintFinding) => void }): React.JSX.Element {
  const { finding } = props;
  const blocks = finding.severity === 'error';
  const Icon = blocks ? errorIcon : infoIcon;
  const weight = blocks ? trans.__('Blocks production') : trans.__('Warning');
  const place = finding.in_output ? trans.__('output') : finding.line === null ? '' : trans.__('line %1', finding.line);
  return (
    <li className={`jp-octavo-LintLine jp-mod-${finding.severity}`} title={`${finding.rule}: ${finding.fix}`}>
      <Icon.react tag="span" title={weight} />
      <span className="jp-octavo-LintLine-text">
        {place && <span className="jp-octavo-Muted">{place} </span>}
        {finding.message}
      </span>
      {finding.safe_fix && (
        <button type="button" className="jp-mod-styled jp-octavo-LintLine-fix" onClick={() => props.onFix(finding)}>
          {finding.safe_fix.label}
        </button>
      )}
    </li>
  );
}

/** What lint found in one cell, below its source. */
export function CellFindings(props: { findings: readonly LintFinding[]; onFix: (finding: LintFinding) => void }): React.JSX.Element | null {
  const [all, setAll] = React.useState(false);
  const { findings } = props;
  if (findings.length === 0) {
    return null;
  }
  const shown = all ? findings : findings.slice(0, MOST_SHOWN);
  const more = findings.length - shown.length;
  return (
    <ul className="jp-octavo-CellFindings" aria-label={trans.__('Lint findings of this cell')}>
      {shown.map((finding, index) => (
        <Line key={`${finding.rule} ${finding.line ?? 0} ${index}`} finding={finding} onFix={props.onFix} />
      ))}
      {more > 0 && (
        <li>
          <button type="button" className="jp-mod-styled jp-octavo-LintLine-fix" onClick={() => setAll(true)}>
            {trans._n('%1 more', '%1 more', more, more)}
          </button>
        </li>
      )}
    </ul>
  );
}
