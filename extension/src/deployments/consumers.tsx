import { addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Consumer, ConsumerDetail } from '../api/consumers';
import { changeConsumer, createConsumer, issueToken, listConsumers, listPatterns, readConsumer, revokeConsumer, revokeToken } from '../api/consumers';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { askReason, openForm } from '../ui/form';
import { Card } from '../ui/Page';
import { Await, Empty } from '../ui/states';
import { trans } from '../words';
import { ChangeForm, ConsumerForm, TokenForm } from './components/ConsumerForms';
import { ConsumerCard, ConsumerTable, Patterns } from './components/Consumers';
import { LEAST } from './asking';
import { usePolled } from './polled';

const SECONDS = 10;

interface ITabProps {
  octavo: IOctavo;
  project: string;
  deployment: string;
}

/** Who asks a deployment from outside: programs, their tokens and limits, and what their rows look like. */
export function ConsumersTab(props: ITabProps): React.JSX.Element {
  const { octavo, project, deployment } = props;
  const { requests } = octavo;
  const [chosen, setChosen] = React.useState<string | null>(null);
  const { resource: list, node } = usePolled(SECONDS, signal => listConsumers(requests, project, deployment, signal));
  const { resource: patterns } = usePolled(null, signal => listPatterns(requests, project, deployment, signal));
  const refused = octavo.session.refusal('consumers.manage', project);
  const add = (): void =>
    openForm(trans.__('New consumer'), close => (
      <ConsumerForm
        deployment={deployment}
        onCancel={close}
        onMake={async body => {
          setChosen((await createConsumer(requests, project, body)).name);
          await list.refresh();
          close();
        }}
      />
    ));
  return (
    <div ref={node} className="jp-octavo-Part">
      <Await resource={list}>
        {page => (
          <Card
            title={trans.__('Consumers')}
            count={page.items.length}
            aside={
              <Button icon={addIcon} refused={refused} onClick={add}>
                {trans.__('New consumer')}
              </Button>
            }
          >
            {page.items.length > 0 ? (
              <ConsumerTable consumers={page.items} chosen={chosen} onOpen={one => setChosen(one.name === chosen ? null : one.name)} />
            ) : (
              <Empty title={trans.__('No program asks from outside')}>{trans.__('A consumer has tokens and limits of its own; make one for each program that asks.')}</Empty>
            )}
          </Card>
        )}
      </Await>
      {chosen !== null && <Chosen key={chosen} {...props} name={chosen} refused={refused} onChange={() => void list.refresh()} />}
      <Await resource={patterns}>{found => <Patterns patterns={found.items} />}</Await>
    </div>
  );
}

function Chosen(props: ITabProps & { name: string; refused: string | undefined; onChange: () => void }): React.JSX.Element {
  const { octavo, project, name, onChange } = props;
  const { requests } = octavo;
  const { resource, node } = usePolled(SECONDS, signal => readConsumer(requests, project, name, signal));
  const renew = async (): Promise<void> => {
    await resource.refresh();
    onChange();
  };
  return (
    <div ref={node} className="jp-octavo-Part">
      <Await resource={resource}>
        {consumer => (
          <ConsumerCard
            consumer={consumer}
            refused={props.refused}
            onToken={() => openForm(trans.__('New token for %1', name), close => <TokenForm onDone={close} onIssue={async (days, note) => issued(await issueToken(requests, project, name, days, note), renew)} />)}
            onChange={() => openForm(trans.__('Limits of %1', name), close => <ChangeForm consumer={consumer} onCancel={close} onChange={async body => changed(await changeConsumer(requests, project, name, body), renew, close)} />)}
            onRevoke={() => askReason(revoking(consumer, async reason => changed(await revokeConsumer(requests, project, name, reason), renew)))}
            onRevokeToken={token =>
              askReason({
                title: trans.__('Revoke a token'),
                body: trans.__('The token %1 of %2 opens nothing any more. This can’t be undone.', token.note || token.id, name),
                submit: trans.__('Revoke'),
                label: trans.__('Why'),
                least: LEAST,
                danger: true,
                step: async reason => changed(await revokeToken(requests, project, name, token.id, reason), renew)
              })
            }
          />
        )}
      </Await>
    </div>
  );
}

function revoking(consumer: ConsumerDetail, step: (reason: string) => Promise<unknown>): Parameters<typeof askReason>[0] {
  return {
    title: trans.__('Revoke %1', consumer.name),
    body: trans._n('Its token opens nothing any more. This can’t be undone.', 'Its %1 tokens open nothing any more. This can’t be undone.', consumer.active_tokens, consumer.active_tokens),
    submit: trans.__('Revoke'),
    label: trans.__('Why'),
    least: LEAST,
    danger: true,
    step
  };
}

async function issued<T>(token: T, renew: () => Promise<void>): Promise<T> {
  await renew();
  return token;
}

async function changed(_answer: Consumer | object, renew: () => Promise<void>, close?: () => void): Promise<void> {
  await renew();
  close?.();
}
