import { errorIcon, infoIcon, bugIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { LintReport } from '../../api/notebooks';
import { trans } from '../../words';

const ICONS = { error: errorIcon, warning: bugIcon, info: infoIcon };

/** What lint found, the worst first, each with its remedy; with `onCell` a place leads to its cell. */
export function Findings(props: { report: LintReport; onCell?: ((cell: number) => void) | undefined }): React.JSX.Element {
  const { findings } = props.report;
  if (findings.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('Nothing to complain about.')}</p>;
  }
  return (
    <ul className="jp-octavo-Findings" aria-label={trans.__('Lint findings')}>
      {findings.map((finding, index) => {
        const Icon = ICONS[finding.severity];
        const place = finding.cell === null ? trans.__('whole notebook') : finding.line === null ? trans.__('cell %1', finding.cell + 1) : trans.__('cell %1, line %2', finding.cell + 1, finding.line);
        return (
          <li key={index} className={`jp-mod-${finding.severity}`}>
            <Icon.react tag="span" className="jp-octavo-Checklist-icon" title={finding.severity} />
            <div>
              <p>{finding.message}</p>
              <p className="jp-octavo-Muted">
                {finding.severity} · <Place words={place} cell={finding.cell} onCell={props.onCell} /> · {finding.rule}
              </p>
              <p className="jp-octavo-Muted">{finding.fix}</p>
            </div>
          </li>
        );
      })}
      {(props.report.left_off ?? 0) > 0 && <li className="jp-octavo-Muted">{trans._n('%1 more finding is not shown.', '%1 more findings are not shown.', props.report.left_off ?? 0, props.report.left_off ?? 0)}</li>}
    </ul>
  );
}

function Place(props: { words: string; cell: number | null; onCell: ((cell: number) => void) | undefined }): React.JSX.Element {
  const { words, cell, onCell } = props;
  return cell === null || !onCell ? (
    <>{words}</>
  ) : (
    <button type="button" className="jp-octavo-Link" aria-label={trans.__('Go to %1', words)} onClick={() => onCell(cell)}>
      {words}
    </button>
  );
}

/** Say in a few words how a notebook did. */
export function lintLine(errors: number, warnings: number): string {
  if (errors + warnings === 0) {
    return trans.__('lint clean');
  }
  const parts = [
    errors > 0 ? trans._n('%1 error', '%1 errors', errors, errors) : '',
    warnings > 0 ? trans._n('%1 warning', '%1 warnings', warnings, warnings) : ''
  ];
  return parts.filter(Boolean).join(', ');
}
