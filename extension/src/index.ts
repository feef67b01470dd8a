import { auditPlugin } from './audit/plugin';
import { deploymentsPlugin } from './deployments/plugin';
import { cellsPlugin } from './experiments/cells/plugin';
import { experimentsPlugin } from './experiments/plugin';
import { featuresPlugin } from './features/plugin';
import { materializationPlugin } from './features/materialization/plugin';
import { publishingPlugin } from './features/publishing/plugin';
import { notebooksPlugin } from './notebooks/plugin';
import { pipelinesPlugin } from './pipelines/plugin';
import { registryPlugin } from './registry/plugin';
import { shellPlugin } from './shell/plugin';
import { minePlugin } from './workspaces/minePlugin';
import { workspacesPlugin } from './workspaces/plugin';

export { IOctavo } from './tokens';

export default [
  shellPlugin,
  featuresPlugin,
  materializationPlugin,
  publishingPlugin,
  experimentsPlugin,
  cellsPlugin,
  registryPlugin,
  notebooksPlugin,
  pipelinesPlugin,
  deploymentsPlugin,
  auditPlugin,
  workspacesPlugin,
  minePlugin
];
