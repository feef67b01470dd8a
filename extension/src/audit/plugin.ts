import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { listIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IOctavo } from '../tokens';
import { trans } from '../words';
import { AuditModel } from './model';
import { AdminSection, AuditPage } from './panel';

const COMMAND = 'octavo-lab:open-audit';

/** The audit trail, for platform admins. */
export const auditPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:audit',
  description: 'Shows and verifies the audit trail.',
  autoStart: true,
  requires: [IOctavo],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, palette: ICommandPalette | null) => {
    octavo.addView<AuditModel>({
      kind: 'audit',
      icon: listIcon,
      title: () => trans.__('Audit trail'),
      model: () => new AuditModel(octavo),
      body: AuditPage
    });
    app.commands.addCommand(COMMAND, {
      label: trans.__('Open Audit Trail'),
      caption: trans.__('Who did what to which thing, with proof'),
      icon: listIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      isVisible: () => octavo.session.holds('admin'),
      execute: () => octavo.open('audit', {})
    });
    palette?.addItem({ command: COMMAND, category: trans.__('Octavo') });
    octavo.addSection({
      id: 'admin',
      title: trans.__('Admin'),
      rank: 90,
      role: 'admin',
      body: () => React.createElement(AdminSection, { octavo })
    });
  }
};
