import { listIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { AuditVerdict, IAuditQuery } from '../api/audit';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { TextField } from '../ui/Fields';
import { Sentences } from '../ui/lists';
import { Page } from '../ui/Page';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, Failure, useResource } from '../ui/states';
import { trans } from '../words';
import { EntryTable } from './components/EntryTable';
import type { AuditModel } from './model';

const MOST = 1000;
const STEP = 200;

/** The sidebar's section for platform admins. */
export function AdminSection(props: { octavo: IOctavo }): React.JSX.Element {
  const { octavo } = props;
  return (
    <Rows label={trans.__('Administration')}>
      {[
        <Row key="audit" title={trans.__('Audit trail')} detail={trans.__('who did what, with proof')} onOpen={() => octavo.open('audit', {})} />,
        <Row key="cost" title={trans.__('Cost')} detail={trans.__('by person, project and profile')} onOpen={() => octavo.open('cost', {})} />
      ]}
    </Rows>
  );
}

/** The audit trail in the main area. */
export function AuditPage(props: { model: AuditModel }): React.JSX.Element {
  const { model } = props;
  const [query, setQuery] = React.useState<IAuditQuery>(model.query);
  const verdict = useResource(model.verdict);
  const filter = (change: IAuditQuery): void => {
    setQuery({ ...query, ...change });
    model.ask(change);
  };
  const limit = model.query.limit ?? STEP;
  return (
    <Page
      icon={listIcon}
      title={trans.__('Audit trail')}
      answer={verdict.value ? verdictLine(verdict.value) : trans.__('Every change of state, newest first')}
      chips={verdict.value && <VerdictProof verdict={verdict.value} />}
      actions={
        <Button kind="primary" busy={verdict.loading} onClick={() => void model.verdict.refresh()}>
          {trans.__('Verify the trail')}
        </Button>
      }
    >
      {verdict.error && <Failure error={verdict.error} />}
      {verdict.value && verdict.value.faults.length > 0 && <Sentences label={trans.__('What does not hold')} sentences={verdict.value.faults} />}
      <div className="jp-octavo-Bar">
        <TextField label={trans.__('Who')} type="search" value={query.actor ?? ''} maxLength={255} placeholder={trans.__('exact name')} onChange={actor => filter({ actor })} />
        <TextField label={trans.__('What')} type="search" value={query.action ?? ''} maxLength={255} placeholder={trans.__('such as notebooks.review')} onChange={action => filter({ action })} />
        <TextField label={trans.__('To')} type="search" value={query.subject ?? ''} maxLength={255} placeholder={trans.__('part of the name')} onChange={subject => filter({ subject })} />
        <TextField label={trans.__('Project')} type="search" value={query.project ?? ''} maxLength={40} placeholder={trans.__('exact name')} onChange={project => filter({ project })} />
      </div>
      <Await resource={model.entries} lines={12}>
        {page =>
          page.items.length === 0 ? (
            <Empty title={trans.__('No entry matches')} />
          ) : (
            <>
              <EntryTable entries={page.items} onProve={entry => model.prove(entry)} />
              {page.next_cursor && limit < MOST && <Button onClick={() => model.ask({ limit: Math.min(limit + STEP, MOST) })}>{trans.__('Show older entries')}</Button>}
            </>
          )
        }
      </Await>
    </Page>
  );
}

function verdictLine(verdict: AuditVerdict): string {
  return verdict.faults.length === 0
    ? trans.__('The trail holds: %1 entries, %2 signed checkpoints', verdict.entries, verdict.checkpoints)
    : trans._n('The trail has %1 fault', 'The trail has %1 faults', verdict.faults.length, verdict.faults.length);
}

function VerdictProof(props: { verdict: AuditVerdict }): React.JSX.Element {
  const { verdict } = props;
  const holds = verdict.faults.length === 0;
  return (
    <>
      <Chip tone={holds ? 'good' : 'bad'}>{holds ? trans.__('verified just now') : trans.__('does not verify')}</Chip>
      <Digest value={verdict.root} what={trans.__('Root of the trail')} />
    </>
  );
}
