import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { launchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Model, ModelDetail, ModelList, ModelVerification, RegistrationDraft } from '../api/registry';
import { draftModel, registerModel } from '../api/registry';
import { modelIcon } from '../icon';
import { leadingMetrics } from '../experiments/components/runs';
import { Lineage } from '../lineage/panel';
import { Resource } from '../resource';
import { matches, useQuery } from '../shell/hooks';
import type { ProjectList } from '../shell/list';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { askReason } from '../ui/form';
import { exact } from '../ui/format';
import { Card, Page, Split } from '../ui/Page';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, Failure, useResource } from '../ui/states';
import { trans } from '../words';
import { RegisterForm } from './components/RegisterForm';
import { VersionCard, VersionChecks } from './components/VersionFacts';
import { AliasMoves, Versions } from './components/Versions';
import type { RegisteredModel } from './model';

/** What the registry's views ask the other areas for. */
export interface IModelActions {
  deploy: (project: string, model: string, version: number) => void;
}

/** Say which alias points where: "champion v7, challenger v8". */
export function aliasLine(model: Model): string {
  const aliases = Object.entries(model.aliases).map(([alias, version]) => `${alias} v${version}`);
  return aliases.join(', ') || trans.__('v%1, no alias', model.latest?.version ?? 0);
}

/** The sidebar's section of models. */
export function ModelSection(props: { list: ProjectList<ModelList>; octavo: IOctavo; actions: IModelActions }): React.JSX.Element {
  const { octavo } = props;
  const query = useQuery(octavo.session);
  const project = octavo.session.project;
  return (
    <Await resource={props.list.resource} compact>
      {page =>
        page.items.length === 0 ? (
          <Empty title={trans.__('No models yet')}>{trans.__('Register one from a run that logged it.')}</Empty>
        ) : (
          <Rows label={trans.__('Models')}>
            {page.items
              .filter(model => matches(query, model.name, aliasLine(model)))
              .map(model => (
                <Row
                  key={model.name}
                  title={model.name}
                  figure={aliasLine(model)}
                  onOpen={() => octavo.open('model', { project, name: model.name })}
                  next={{ label: trans.__('Request deployment'), icon: launchIcon, refused: octavo.session.refusal('deployments.request'), onClick: () => props.actions.deploy(project, model.name, model.latest?.version ?? 1) }}
                />
              ))}
          </Rows>
        )
      }
    </Await>
  );
}

/** How many models there are. */
export function ModelCount(props: { list: ProjectList<ModelList> }): React.JSX.Element | null {
  const page = useResource(props.list.resource).value;
  return page ? <>{page.items.length}</> : null;
}

/** The registration dialog's body: the draft is loaded, and loaded anew under another name. */
export function Register(props: { octavo: IOctavo; project: string; run: string; onDone: (name: string | null) => void }): React.JSX.Element {
  const { octavo, project, run } = props;
  const choice = React.useRef<{ name?: string; model_id?: string }>({});
  const draft = React.useMemo(
    () => new Resource<RegistrationDraft>(signal => draftModel(octavo.requests, project, { run_id: run, ...choice.current }, signal)),
    [octavo, project, run]
  );
  React.useEffect(() => {
    void draft.refresh();
    return () => draft.dispose();
  }, [draft]);
  return (
    <Await resource={draft}>
      {value => (
        <RegisterForm
          draft={value}
          onRedraft={next => {
            choice.current = next;
            void draft.refresh();
          }}
          onRegister={async (name, body) => {
            await registerModel(octavo.requests, project, name, body);
            props.onDone(name);
          }}
          onCancel={() => props.onDone(null)}
        />
      )}
    </Await>
  );
}

/** A model in the main area. */
export function ModelPage(props: { model: RegisteredModel; octavo: IOctavo; actions: IModelActions; rendermime: IRenderMimeRegistry }): React.JSX.Element {
  const { model, octavo, actions } = props;
  return (
    <Await resource={model.detail} lines={10}>
      {detail => (
        <Page
          icon={modelIcon}
          title={model.name}
          answer={aliasLine(detail.model)}
          chips={<VersionProof model={model} />}
          locked={[octavo.session.refusal('registry.alias', model.project), octavo.session.refusal('deployments.request', model.project)]}
          actions={<ModelActions model={model} session={octavo.session} detail={detail} actions={actions} />}
        >
          <Split
            main={
              <>
                <Card title={trans.__('Versions')} count={detail.versions.length}>
                  <Versions versions={detail.versions} lead={leadingMetrics(Object.keys(detail.versions[0]?.metrics ?? {}), 1)[0]} onPick={version => model.pick(version.version)} />
                </Card>
                <Await resource={model.version}>{version => <VersionCard detail={version} rendermime={props.rendermime} />}</Await>
              </>
            }
            side={
              <>
                <Await resource={model.version}>
                  {version => <VersionChecks detail={version} onRun={() => octavo.open('run', { project: model.project, id: version.version.run_id })} />}
                </Await>
                <Card title={trans.__('Alias history')}>
                  <Await resource={model.aliases}>{history => <AliasMoves moves={history.items} />}</Await>
                </Card>
              </>
            }
          />
          <Card title={trans.__('Lineage')}>
            <VersionLineage model={model} octavo={octavo} />
          </Card>
        </Page>
      )}
    </Await>
  );
}

function VersionLineage(props: { model: RegisteredModel; octavo: IOctavo }): React.JSX.Element | null {
  const { model } = props;
  const version = useResource(model.version).value?.version.version;
  return version ? <Lineage octavo={props.octavo} project={model.project} node={`model_version:${model.project}/${model.name}/${version}`} /> : null;
}

function VersionProof(props: { model: RegisteredModel }): React.JSX.Element | null {
  const { model } = props;
  const version = useResource(model.version).value?.version;
  const [verified, setVerified] = React.useState<ModelVerification | null>(null);
  const verify = useAction(async () => setVerified(await model.verify()));
  if (!version) {
    return null;
  }
  const mine = verified?.version === version.version ? verified : null;
  return (
    <>
      <Chip>{trans.__('v%1', version.version)}</Chip>
      <Digest value={version.digest} what={trans.__('Manifest of the files')} />
      <Chip title={trans.__('Key that signed the version')}>{trans.__('signed by %1', version.key_id.slice(0, 12))}</Chip>
      {mine ? (
        <Chip tone={mine.ok ? 'good' : 'bad'} title={[exact(new Date(mine.checked_at)), ...mine.problems].join('\n')} onClick={() => verify.run()}>
          {mine.ok ? trans.__('verified just now') : trans.__('does not verify')}
        </Chip>
      ) : (
        <Button kind="quiet" busy={verify.busy} onClick={() => verify.run()}>
          {trans.__('Verify now')}
        </Button>
      )}
      {verify.error && <Failure error={verify.error} compact />}
    </>
  );
}

function ModelActions(props: { model: RegisteredModel; session: IOctavo['session']; detail: ModelDetail; actions: IModelActions }): React.JSX.Element {
  const { model, detail, actions, session } = props;
  const version = useResource(model.version).value?.version.version ?? detail.versions[0]?.version ?? 1;
  const champion = detail.model.aliases['champion'];
  const crown = (): void =>
    askReason({
      title: trans.__('Make v%1 the champion', version),
      body: champion ? trans.__('The alias champion of %1 moves from v%2 to v%3.', model.name, champion, version) : trans.__('The alias champion of %1 is set to v%2.', model.name, version),
      submit: trans.__('Move alias'),
      label: trans.__('Why'),
      least: 8,
      step: reason => model.move('champion', version, reason)
    });
  return (
    <>
      <Button refused={session.refusal('registry.alias', model.project) ?? (champion === version ? trans.__('v%1 is the champion already.', version) : undefined)} onClick={crown}>
        {trans.__('Make champion')}
      </Button>
      <Button kind="primary" icon={launchIcon} refused={session.refusal('deployments.request', model.project)} onClick={() => actions.deploy(model.project, model.name, version)}>
        {trans.__('Request deployment')}
      </Button>
    </>
  );
}
