import { spreadsheetIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import type { BudgetRules, CostReport } from '../api/workspaces';
import { costCsv, readBudgetRules, readCost, readProjectCost } from '../api/workspaces';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { TextField } from '../ui/Fields';
import { Page } from '../ui/Page';
import { Await, useResource } from '../ui/states';
import { useNow } from '../ui/Time';
import { trans } from '../words';
import { BudgetChip, CostBars, CostDays, costLine, CostMonth, CostParts } from './components/Cost';

/** A project's cost, or the whole platform's where no project is named. */
export class CostModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    const octavo = _octavo;
    this.project = args['project'] ?? '';
    this.report = new Resource<CostReport>(signal =>
      this.project ? readProjectCost(octavo.requests, this.project, this.span, signal) : readCost(octavo.requests, this.span, signal)
    );
    this.rules = new Resource<BudgetRules | null>(async signal => (this.project ? readBudgetRules(octavo.requests, this.project, signal) : null));
    void this.report.refresh();
    void this.rules.refresh();
  }

  readonly project: string;
  readonly report: Resource<CostReport>;
  /** The steps of the project's budget; null for the whole platform. */
  readonly rules: Resource<BudgetRules | null>;
  span: { since?: string; until?: string } = {};

  get isDisposed(): boolean {
    return this.report.isDisposed;
  }

  /** Where the same days can be had as a file for a spreadsheet, in the FOCUS columns. */
  get csv(): string {
    return costCsv(this._octavo.requests, this.project, this.span);
  }

  /** Ask for other days; a half-typed one is left out. */
  ask(span: { since?: string; until?: string }): void {
    this.span = { ...this.span, ...span };
    void this.report.refresh();
  }

  dispose(): void {
    this.report.dispose();
    this.rules.dispose();
  }
}

/** Cost in the main area. */
export function CostPage(props: { model: CostModel }): React.JSX.Element {
  const { model } = props;
  const [span, setSpan] = React.useState(model.span);
  const rules = useResource(model.rules).value;
  const now = useNow();
  const ask = (change: { since?: string; until?: string }): void => {
    setSpan({ ...span, ...change });
    model.ask(change);
  };
  return (
    <Await resource={model.report} lines={10}>
      {report => (
        <Page
          icon={spreadsheetIcon}
          title={model.project ? trans.__('Cost of %1', model.project) : trans.__('Cost of the platform')}
          answer={costLine(report)}
          chips={rules && <BudgetChip rules={rules} />}
          actions={
            <a className="jp-octavo-Link" href={model.csv} download={`cost-${model.project || 'all'}-${report.since}-${report.until}.csv`}>
              {trans.__('Download as CSV')}
            </a>
          }
        >
          <div className="jp-octavo-Bar">
            <TextField label={trans.__('From (UTC)')} type="date" value={span.since ?? report.since} onChange={since => ask({ since })} />
            <TextField label={trans.__('To (UTC)')} type="date" value={span.until ?? report.until} onChange={until => ask({ until })} />
          </div>
          <div className="jp-octavo-Grid jp-mod-charts">
            <CostDays report={report} />
            <CostMonth report={report} now={now} />
          </div>
          <Sides report={report} whole={!model.project} />
        </Page>
      )}
    </Await>
  );
}

/** The same cost seen from each side; a side with nothing on it is left out, but for the usual ones. */
function Sides(props: { report: CostReport; whole: boolean }): React.JSX.Element {
  const { report } = props;
  return (
    <div className="jp-octavo-Grid">
      <CostParts report={report} />
      <CostBars title={trans.__('By person')} lines={report.by_person} />
      {props.whole && <CostBars title={trans.__('By project')} lines={report.by_project} />}
      {report.by_team.length > 0 && <CostBars title={trans.__('By team')} lines={report.by_team} />}
      <CostBars title={trans.__('By profile')} lines={report.by_profile} />
      {report.by_pipeline.length > 0 && <CostBars title={trans.__('By pipeline')} lines={report.by_pipeline} />}
      {report.by_deployment.length > 0 && <CostBars title={trans.__('By deployment')} lines={report.by_deployment} />}
      <CostBars title={trans.__('By kind')} lines={report.by_kind} />
    </div>
  );
}
