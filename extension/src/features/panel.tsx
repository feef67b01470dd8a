import { addBelowIcon, spreadsheetIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FeatureView } from '../api/features';
import { Lineage } from '../lineage/panel';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { Page } from '../ui/Page';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, useResource } from '../ui/states';
import { Tabs } from '../ui/Tabs';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { Consumers } from './components/Consumers';
import { Statistics } from './components/Statistics';
import { Use } from './components/Use';
import type { FeatureList, FeatureModel } from './model';

/** The sidebar's section of feature views. */
export function FeatureSection(props: { list: FeatureList; octavo: IOctavo; onUse: (name: string) => void }): React.JSX.Element {
  const { list, octavo } = props;
  return (
    <Await resource={list.resource} compact lines={4}>
      {page =>
        page.items.length === 0 ? (
          <Empty title={octavo.session.query ? trans.__('No feature matches') : trans.__('No features yet')}>
            {octavo.session.query ? trans.__('Search looks at names, columns, owners and tags.') : trans.__('Publish a feature repository to fill this list.')}
          </Empty>
        ) : (
          <Rows label={trans.__('Feature views')}>
            {page.items.map(view => (
              <Row
                key={view.name}
                title={view.name}
                figure={<span className="jp-octavo-Muted">{trans._n('%1 column', '%1 columns', view.columns.length, view.columns.length)}</span>}
                detail={view.matched && view.matched.length > 0 ? trans.__('found in %1', view.matched.join(', ')) : view.description}
                onOpen={() => octavo.open('feature', { project: octavo.session.project, name: view.name })}
                next={{ label: trans.__('Use in notebook'), icon: addBelowIcon, onClick: () => props.onUse(view.name) }}
              />
            ))}
          </Rows>
        )
      }
    </Await>
  );
}

/** How many feature views there are. */
export function FeatureCount(props: { list: FeatureList }): React.JSX.Element | null {
  const page = useResource(props.list.resource).value;
  return page ? <>{page.items.length}</> : null;
}

/** A feature view in the main area. */
export function FeaturePage(props: { model: FeatureModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.view} lines={10}>
      {view => (
        <Page
          icon={spreadsheetIcon}
          title={view.name}
          answer={view.description}
          chips={<Proof view={view} />}
          actions={
            view.snippets[0] && (
              <Button kind="primary" icon={addBelowIcon} onClick={() => model.insert(view.snippets[0]?.code ?? '')}>
                {trans.__('Use in notebook')}
              </Button>
            )
          }
        >
          <Tabs
            label={trans.__('Feature view')}
            tabs={[
              { id: 'use', label: trans.__('Use'), content: () => <Use view={view} onInsert={code => model.insert(code)} /> },
              { id: 'statistics', label: trans.__('Statistics'), content: () => <Statistics features={view.features} /> },
              { id: 'lineage', label: trans.__('Lineage'), content: () => <Lineage octavo={octavo} project={model.project} node={`feature_view:${model.project}/${view.name}`} /> },
              { id: 'consumers', label: trans.__('Consumers'), count: view.consumers.length, content: () => <Consumers consumers={view.consumers} /> }
            ]}
          />
        </Page>
      )}
    </Await>
  );
}

function Proof(props: { view: FeatureView }): React.JSX.Element {
  const { view } = props;
  return (
    <>
      <Chip>{trans.__('owner %1', view.owner)}</Chip>
      <Chip title={trans.__('Event time of the newest row in the source')}>
        {trans.__('newest event')} <Time at={view.freshness.newest_event_at} />
      </Chip>
      <Digest value={view.snapshot} what={trans.__('Registry snapshot')} />
    </>
  );
}
