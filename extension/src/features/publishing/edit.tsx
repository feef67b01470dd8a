import { editIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CurrentDeclaration, Declaration, FeaturePlan, LakeTable } from '../../api/publishing';
import type { IOctavo } from '../../tokens';
import { useRefusal } from '../../shell/hooks';
import { useAction } from '../../ui/action';
import { Progress } from '../../ui/bars';
import { Button } from '../../ui/Button';
import { Digest } from '../../ui/Chip';
import { Code } from '../../ui/Code';
import { TextArea } from '../../ui/Fields';
import { Card, Page, Split } from '../../ui/Page';
import { Await, Empty, Failure } from '../../ui/states';
import { trans } from '../../words';
import { Differences, Impacts, Remarks } from './components/Plan';
import { ViewForm } from './components/ViewForm';
import type { IViewDraft } from './draft';
import { added, draftFrom, draftOf, edited, fault, without } from './draft';
import type { EditModel } from './model';

const LEAST = 3;

/** A view's form in the main area: say it, see what it changes, offer it for review. */
export function EditPage(props: { model: EditModel; octavo: IOctavo }): React.JSX.Element {
  const { model } = props;
  return (
    <Await resource={model.start} lines={10}>
      {([current, tables]) => <Loaded key={current.snapshot ?? ''} model={model} octavo={props.octavo} current={current} tables={tables.items} />}
    </Await>
  );
}

function Loaded(props: { model: EditModel; octavo: IOctavo; current: CurrentDeclaration; tables: readonly LakeTable[] }): React.JSX.Element {
  const { model, current } = props;
  const view = current.declaration?.views.find(one => one.name === model.name);
  if (model.name && !view) {
    return (
      <Empty title={trans.__('No declaration of %1', model.name)}>
        {current.snapshot ? trans.__('It was published before declarations were kept. Publish the features once with octavo features apply.') : trans.__('Nothing was published in this project yet.')}
      </Empty>
    );
  }
  return <Form model={model} octavo={props.octavo} current={current} tables={model.name ? null : props.tables} start={view ? draftOf(view) : draftFrom(null)} />;
}

interface IFormProps {
  model: EditModel;
  octavo: IOctavo;
  current: CurrentDeclaration;
  tables: readonly LakeTable[] | null;
  start: IViewDraft;
}

function Form(props: IFormProps): React.JSX.Element {
  const { model, current, tables } = props;
  const [draft, setDraft] = React.useState(props.start);
  const [planned, setPlanned] = React.useState<{ plan: FeaturePlan; declaration: Declaration } | null>(null);
  const wanted = (): Declaration => {
    const table = tables?.find(one => one.path === draft.table);
    return table ? added(current.declaration, draft, table) : edited(current.declaration as Declaration, draft);
  };
  const look = useAction(async (declaration: Declaration) => setPlanned({ declaration, plan: await model.plan(declaration) }));
  const change = (changes: IViewDraft): void => {
    setDraft(changes);
    setPlanned(null);
  };
  const blocked = fault(draft, current.declaration ?? EMPTY, tables !== null);
  const noOffer = useRefusal(props.octavo.session, model.project)('features.propose');
  return (
    <Page
      icon={editIcon}
      title={model.name ? trans.__('Edit %1', model.name) : trans.__('Add a feature view')}
      locked={[noOffer]}
      answer={trans.__('Another person reviews it before readers get it.')}
      chips={current.snapshot && <Digest value={current.snapshot} what={trans.__('Registry snapshot')} />}
      actions={
        <>
          {model.name && (
            <Button kind="danger" busy={look.busy} onClick={() => look.run(without(current.declaration as Declaration, model.name))}>
              {trans.__('Remove this view…')}
            </Button>
          )}
          <Button kind={planned ? 'plain' : 'primary'} refused={blocked} busy={look.busy} onClick={() => look.run(wanted())}>
            {trans.__('See what it changes')}
          </Button>
        </>
      }
    >
      {look.error && <Failure error={look.error} />}
      {planned && <Planned model={model} refused={noOffer} {...planned} />}
      {look.busy && <Planning />}
      {!planned && !look.busy && <p className="jp-octavo-Muted">{blocked ?? trans.__('Say what shall be different, and see what it changes before you offer it for review.')}</p>}
      <ViewForm draft={draft} tables={tables} entities={(current.declaration?.entities ?? []).map(one => one.name)} aside={<Elsewhere adding={tables !== null} />} onChange={change} />
    </Page>
  );
}

/** What takes a while, said to everybody. */
function Planning(): React.JSX.Element {
  return (
    <Card title={trans.__('What it changes')}>
      <p role="status">{trans.__('Being worked out: what differs, whom it reaches, what it costs and what policies say. It looks at the tables of the lake and takes about ten seconds.')}</p>
      <Progress label={trans.__('Being worked out')} done={0} all={0} />
    </Card>
  );
}

const COMMANDS = `octavo features show > features.yaml
octavo features plan features.yaml
octavo features apply features.yaml --reason "…"`;

/** Where one changes what this form can't. */
function Elsewhere(props: { adding: boolean }): React.JSX.Element {
  return (
    <Card title={trans.__('Not in this form')}>
      <p className="jp-octavo-Muted">
        {props.adding
          ? trans.__('Services, on-demand transformations, push sources and views of two entities are written as text, in a terminal:')
          : trans.__('Entities, sources, services, on-demand transformations and push sources are changed as text, in a terminal:')}
      </p>
      <Code label={trans.__('Commands')} code={COMMANDS} />
      <p className="jp-octavo-Muted">{trans.__('Edit the file after the first. The change is reviewed like one of this form.')}</p>
    </Card>
  );
}

const EMPTY: Declaration = { entities: [], sources: [], push_sources: [], views: [], services: [], transformations: [] };

/** What the draft would do, and the way to a review. */
function Planned(props: { model: EditModel; plan: FeaturePlan; declaration: Declaration; refused: string | undefined }): React.JSX.Element {
  const { model, plan, declaration, refused } = props;
  const [reason, setReason] = React.useState('');
  const offer = useAction(() => model.propose(declaration, reason.trim(), plan.base_snapshot));
  return (
    <Split
      main={
        <>
          <Differences plan={plan} />
          <Impacts plan={plan} />
          <Card title={trans.__('Offer for review')}>
            <TextArea label={trans.__('Reason')} value={reason} maxLength={2000} onChange={setReason} help={trans.__('The reviewer reads it; kept in the audit trail.')} />
            {offer.error && <Failure error={offer.error} />}
            <div className="jp-octavo-Form-end">
              <Button kind="primary" busy={offer.busy} refused={refused ?? refusal(plan, reason)} onClick={() => offer.run()}>
                {trans.__('Offer for review')}
              </Button>
            </div>
          </Card>
        </>
      }
      side={<Remarks plan={plan} />}
    />
  );
}

function refusal(plan: FeaturePlan, reason: string): string | undefined {
  if (plan.same) {
    return trans.__('Nothing changes.');
  }
  if (plan.findings.some(one => one.severity === 'error')) {
    return trans.__('Correct the errors first.');
  }
  return reason.trim().length < LEAST ? trans.__('Say why, in a sentence.') : undefined;
}
