import { bellIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import type { Alert, AlertList as Alerts } from '../api/monitoring';
import { acknowledge, listAlerts } from '../api/monitoring';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { askReason } from '../ui/form';
import { Page } from '../ui/Page';
import { Await } from '../ui/states';
import { trans } from '../words';
import { AlertList, isOpen } from './components/AlertList';

/** The alerts of a project. */
export class AlertsModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.alerts = new Resource<Alerts>(signal => listAlerts(octavo.requests, this.project, signal));
    this.alerts.poll(octavo.session.settings.refreshSeconds);
  }

  readonly project: string;
  readonly alerts: Resource<Alerts>;

  get isDisposed(): boolean {
    return this.alerts.isDisposed;
  }

  dispose(): void {
    this.alerts.dispose();
  }
}

/** Ask what was found or will be done, and take an alert. */
export function takeAlert(octavo: IOctavo, alert: Alert, after: () => void): void {
  askReason({
    title: trans.__('Take the alert'),
    body: alert.message,
    submit: trans.__('Take it'),
    label: trans.__('What you found or will do'),
    least: 3,
    step: async note => {
      await acknowledge(octavo.requests, alert.project, alert.id, note);
      after();
      octavo.session.touch();
    }
  });
}

/** All alerts in the main area. */
export function AlertsPage(props: { model: AlertsModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.alerts} lines={8}>
      {page => {
        const open = page.items.filter(isOpen).length;
        return (
          <Page icon={bellIcon} title={trans.__('Alerts')} answer={open === 0 ? trans.__('Nothing is open') : trans._n('%1 alert is open', '%1 alerts are open', open, open)}>
            <AlertList alerts={page.items} onTake={alert => takeAlert(octavo, alert, () => void model.alerts.refresh())} />
          </Page>
        );
      }}
    </Await>
  );
}
