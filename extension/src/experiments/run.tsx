import * as React from 'react';

import { Lineage } from '../lineage/panel';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { metric } from '../ui/format';
import { Card, Page, Split } from '../ui/Page';
import { Await } from '../ui/states';
import { trans } from '../words';
import type { IRunActions } from './actions';
import { Metrics, RunFacts } from './components/RunFacts';
import { leadingMetrics, runTone } from './components/runs';
import type { RunModel } from './runModel';

/** One run in the main area. */
export function RunPageView(props: { model: RunModel; octavo: IOctavo; actions: IRunActions }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.run} lines={10}>
      {detail => {
        const [lead] = leadingMetrics(Object.keys(detail.run.metrics), 1);
        const register = detail.run.models > 0 ? undefined : trans.__('The run has logged no model.');
        return (
          <Page
            title={detail.run.name}
            answer={lead ? `${lead} ${metric(detail.run.metrics[lead])}` : detail.run.status}
            chips={
              <>
                <Chip tone={runTone(detail.run)}>{detail.run.status}</Chip>
                {detail.run.registered.map(name => (
                  <Chip key={name} onClick={() => octavo.open('model', { project: model.project, name: name.split('/')[0] ?? name })}>
                    {name}
                  </Chip>
                ))}
              </>
            }
            actions={
              <Button kind="primary" refused={register} onClick={() => props.actions.register(model.project, detail.run)}>
                {trans.__('Register')}
              </Button>
            }
          >
            <Split main={<Metrics detail={detail} />} side={<RunFacts detail={detail} />} />
            <Card title={trans.__('Lineage')}>
              <Lineage octavo={octavo} project={model.project} node={`run:${model.project}/${model.id}`} />
            </Card>
          </Page>
        );
      }}
    </Await>
  );
}
