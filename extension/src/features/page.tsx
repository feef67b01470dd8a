import { addBelowIcon, editIcon, spreadsheetIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FeatureView } from '../api/features';
import { readViewLineage } from '../api/features';
import { PolledLineage } from '../lineage/panel';
import { useRefusal } from '../shell/hooks';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { Page } from '../ui/Page';
import { Await, Failure, useResource } from '../ui/states';
import { Tabs } from '../ui/Tabs';
import type { ITab } from '../ui/Tabs';
import { trans } from '../words';
import { Consumers, consumersOf } from './components/Consumers';
import { Statistics } from './components/Statistics';
import { Use } from './components/Use';
import { Versions } from './components/Versions';
import { ViewChips } from './components/ViewChips';
import { MaterializationTab } from './materialization';
import type { FeatureModel } from './model';
import { openEdit } from './publishing';

/** A feature view in the main area. */
export function FeaturePage(props: { model: FeatureModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.view} lines={10}>
      {view => <Loaded model={model} octavo={octavo} view={view} />}
    </Await>
  );
}

function Loaded(props: { model: FeatureModel; octavo: IOctavo; view: FeatureView }): React.JSX.Element {
  const { model, octavo, view } = props;
  const use = useAction(async () => model.insert((await model.code({ how: 'historical', features: model.features(view), service: null, frame: null })).code));
  const refusal = useRefusal(octavo.session, model.project);
  return (
    <Page
      icon={spreadsheetIcon}
      locked={[refusal('features.propose')]}
      title={<bdi>{view.name}</bdi>}
      answer={<bdi>{view.description || trans.__('No description.')}</bdi>}
      chips={
        <ViewChips view={view}>
          <Chip title={trans.__('Versions shows what changed.')}>{trans.__('version %1', view.version)}</Chip>
          <Digest value={view.snapshot} what={trans.__('Registry snapshot')} />
        </ViewChips>
      }
      actions={
        <>
          <Button icon={editIcon} refused={refusal('features.propose')} onClick={() => openEdit(octavo, model.project, view)}>
            {trans.__('Edit')}
          </Button>
          <Button kind="primary" icon={addBelowIcon} busy={use.busy} refused={model.features(view).length === 0 ? trans.__('Pick at least one feature in the schema.') : undefined} onClick={() => use.run()}>
            {trans.__('Use in notebook')}
          </Button>
        </>
      }
    >
      {use.error && <Failure error={use.error} />}
      <Elsewhere octavo={octavo} view={view} />
      {view.problems.map(problem => (
        <p key={problem} role="alert" className="jp-octavo-Preview-leak">
          {problem}
        </p>
      ))}
      <Tabs label={trans.__('Feature view')} tabs={tabs(model, octavo, view)} />
    </Page>
  );
}

/** What can be seen of a view. */
function tabs(model: FeatureModel, octavo: IOctavo, view: FeatureView): ITab[] {
  return [
    { id: 'use', label: trans.__('Use'), content: () => <Use model={model} view={view} noLookup={octavo.session.refusal('features.online', model.project)} /> },
    { id: 'statistics', label: trans.__('Statistics'), content: () => <Statistics model={model} view={view} /> },
    { id: 'lineage', label: trans.__('Lineage'), content: () => <PolledLineage key={view.snapshot} octavo={octavo} read={signal => readViewLineage(octavo.requests, model.project, model.name, signal)} /> },
    { id: 'materialisation', label: trans.__('Materialisation'), content: () => <MaterializationTab octavo={octavo} view={view} /> },
    { id: 'versions', label: trans.__('Versions'), count: view.version, content: () => <Versions model={model} view={view} /> },
    { id: 'consumers', label: trans.__('Consumers'), count: consumersOf(view).length, content: () => <Consumers octavo={octavo} view={view} /> }
  ];
}

/** Code reads the project of the workspace that it runs in: say so where that is another one. */
function Elsewhere(props: { octavo: IOctavo; view: FeatureView }): React.JSX.Element | null {
  const here = useResource(props.octavo.session.workspace).value?.project;
  const there = props.view.project;
  return here && here !== there ? (
    <p role="status" className="jp-octavo-Preview-note">
      {trans.__('This view belongs to the project %1, and this workspace reads the features of %2. Start a workspace in %1 to use it.', there, here)}
    </p>
  ) : null;
}
