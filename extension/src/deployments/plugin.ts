import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { bellIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { listDeploymentRequests, listDeployments } from '../api/deployments';
import { listAlerts } from '../api/monitoring';
import { deploymentIcon } from '../icon';
import { AlertsModel, AlertsPage } from '../monitoring/panel';
import { ProjectList } from '../shell/list';
import { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { trans } from '../words';
import { DeploymentModel } from './model';
import { DeploymentPage } from './page';
import { RequestDeployment } from './request';
import { DeploymentRequestPage } from './review';
import { DeploymentRequestModel } from './reviewing';
import type { IDeploymentLists } from './section';
import { DeploymentBadge, DeploymentSection } from './section';

const DEPLOY = 'octavo-lab:request-deployment';
const ALERTS = 'octavo-lab:open-alerts';
const MONITOR = 'monitor.ipynb';

/** The dashboard of a deployment: Voilà on the monitor notebook in the project's folder of this workspace. */
export function monitorUrl(baseUrl: string, dashboards: string, project: string, deployment: string): string {
  const path = URLExt.join(baseUrl, 'voila/render', URLExt.encodeParts(URLExt.join(dashboards, MONITOR)));
  const theme = document.body.dataset['jpThemeLight'] === 'false' ? 'dark' : 'light';
  return `${path}?${new URLSearchParams({ project, deployment, theme }).toString()}`;
}

/** Open the dashboard in a tab of its own: the Hub forbids pages of a workspace inside frames. */
async function openMonitor(app: JupyterFrontEnd, octavo: IOctavo, project: string, deployment: string): Promise<void> {
  const folder = octavo.session.workspace.state.value?.dashboards ?? '';
  const path = URLExt.join(folder, MONITOR);
  const there = await app.serviceManager.contents.get(path, { content: false }).then(
    () => true,
    () => false
  );
  if (!there) {
    Notification.warning(trans.__('There is no %1 in this workspace. Restart the workspace for the project to get its dashboards.', path));
    return;
  }
  window.open(monitorUrl(app.serviceManager.serverSettings.baseUrl, folder, project, deployment), '_blank', 'noopener');
}

function addViews(app: JupyterFrontEnd, octavo: IOctavo): void {
  octavo.addView<DeploymentModel>({
    kind: 'deployment',
    icon: deploymentIcon,
    title: args => args['name'] ?? trans.__('Deployment'),
    model: args => {
      const model = new DeploymentModel(octavo, args);
      model.monitorWanted.connect((sender, name) => void openMonitor(app, octavo, sender.project, name));
      return model;
    },
    body: DeploymentPage
  });
  octavo.addView<DeploymentRequestModel>({
    kind: 'deployment-request',
    icon: deploymentIcon,
    title: () => trans.__('Deployment request'),
    model: args => new DeploymentRequestModel(octavo, args),
    body: DeploymentRequestPage
  });
  octavo.addView<AlertsModel>({
    kind: 'alerts',
    icon: bellIcon,
    title: () => trans.__('Alerts'),
    model: args => new AlertsModel(octavo, args),
    body: AlertsPage
  });
}

/** Deployments: asked for, approved, watched, rolled back. */
export const deploymentsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:deployments',
  description: 'Requests, shows and rolls back deployments.',
  autoStart: true,
  requires: [IOctavo],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, palette: ICommandPalette | null) => {
    const lists: IDeploymentLists = {
      deployments: new ProjectList(octavo.session, listDeployments),
      requests: new ProjectList(octavo.session, listDeploymentRequests),
      alerts: new ProjectList(octavo.session, listAlerts)
    };
    const refresh = (): void => Object.values(lists).forEach(list => void list.resource.refresh());
    addViews(app, octavo);
    app.commands.addCommand(DEPLOY, {
      label: trans.__('Request Deployment…'),
      caption: trans.__('Ask for a model version to go live'),
      icon: deploymentIcon,
      describedBy: {
        args: {
          type: 'object',
          required: ['project', 'model', 'version'],
          properties: { project: { type: 'string' }, model: { type: 'string' }, version: { type: 'integer' } }
        }
      },
      isVisible: args => Boolean(args['model']),
      execute: args => {
        const project = String(args['project']);
        const done = (id: string | null, close: () => void): void => {
          close();
          if (id) {
            octavo.session.touch();
            octavo.open('deployment-request', { project, id });
          }
        };
        openForm(trans.__('Request a deployment'), close =>
          React.createElement(RequestDeployment, { octavo, project, model: String(args['model']), version: Number(args['version']), onDone: id => done(id, close) })
        );
      }
    });
    app.commands.addCommand(ALERTS, {
      label: trans.__('Open Alerts'),
      caption: trans.__('Alerts of the project’s deployments'),
      icon: bellIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => octavo.open('alerts', { project: octavo.session.project })
    });
    palette?.addItem({ command: ALERTS, category: trans.__('Octavo') });
    octavo.addSection({
      id: 'deployments',
      title: trans.__('Deployments'),
      rank: 50,
      body: () => React.createElement(DeploymentSection, { lists, octavo }),
      badge: () => React.createElement(DeploymentBadge, { lists }),
      actions: [
        { label: trans.__('Alerts'), icon: bellIcon, onClick: () => octavo.open('alerts', { project: octavo.session.project }) },
        { label: trans.__('Refresh deployments'), icon: refreshIcon, onClick: refresh }
      ]
    });
  }
};
