import { spreadsheetIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import type { CostReport } from '../api/workspaces';
import { readCost, readProjectCost } from '../api/workspaces';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { TextField } from '../ui/Fields';
import { Page } from '../ui/Page';
import { Await } from '../ui/states';
import { trans } from '../words';
import { CostBars, CostDays, costLine } from './components/Cost';

/** A project's cost, or the whole platform's where no project is named. */
export class CostModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.report = new Resource<CostReport>(signal =>
      this.project ? readProjectCost(octavo.requests, this.project, this.span, signal) : readCost(octavo.requests, this.span, signal)
    );
    void this.report.refresh();
  }

  readonly project: string;
  readonly report: Resource<CostReport>;
  span: { since?: string; until?: string } = {};

  get isDisposed(): boolean {
    return this.report.isDisposed;
  }

  /** Ask for other days; a half-typed one is left out. */
  ask(span: { since?: string; until?: string }): void {
    this.span = { ...this.span, ...span };
    void this.report.refresh();
  }

  dispose(): void {
    this.report.dispose();
  }
}

/** Cost in the main area. */
export function CostPage(props: { model: CostModel }): React.JSX.Element {
  const { model } = props;
  const [span, setSpan] = React.useState(model.span);
  const ask = (change: { since?: string; until?: string }): void => {
    setSpan({ ...span, ...change });
    model.ask(change);
  };
  return (
    <Await resource={model.report} lines={10}>
      {report => (
        <Page icon={spreadsheetIcon} title={model.project ? trans.__('Cost of %1', model.project) : trans.__('Cost of the platform')} answer={costLine(report)}>
          <div className="jp-octavo-Bar">
            <TextField label={trans.__('From (UTC)')} type="date" value={span.since ?? report.since} onChange={since => ask({ since })} />
            <TextField label={trans.__('To (UTC)')} type="date" value={span.until ?? report.until} onChange={until => ask({ until })} />
          </div>
          <CostDays report={report} />
          <div className="jp-octavo-Grid">
            <CostBars title={trans.__('By person')} lines={report.by_person} />
            {!model.project && <CostBars title={trans.__('By project')} lines={report.by_project} />}
            <CostBars title={trans.__('By profile')} lines={report.by_profile} />
            <CostBars title={trans.__('By kind')} lines={report.by_kind} />
          </div>
        </Page>
      )}
    </Await>
  );
}
