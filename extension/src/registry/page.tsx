import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { HTMLSelect, launchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { RegistryDifference } from '../api/proof';
import type { ModelDetail, ModelVerification } from '../api/registry';
import { leadingMetrics } from '../experiments/components/runs';
import { modelIcon } from '../icon';
import { useRefusal } from '../shell/hooks';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { openForm } from '../ui/form';
import { exact } from '../ui/format';
import { Page, Split } from '../ui/Page';
import { Await, Failure, useResource } from '../ui/states';
import type { ITab } from '../ui/Tabs';
import { Tabs } from '../ui/Tabs';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { AliasForm } from './components/AliasForm';
import { Tags } from './components/Tags';
import { VersionCard, VersionChecks } from './components/VersionFacts';
import { Versions } from './components/Versions';
import type { RegisteredModel } from './model';
import type { IModelActions } from './section';
import { aliasLine } from './section';
import { AliasesTab, CompareTab, LineageTab, ProofTab } from './tabs';

/** Props of what the page of a model is made of. */
export interface IModelPageProps {
  model: RegisteredModel;
  octavo: IOctavo;
  actions: IModelActions;
  rendermime: IRenderMimeRegistry;
}

/** A model in the main area. */
export function ModelPage(props: IModelPageProps): React.JSX.Element {
  return <Await resource={props.model.detail} lines={10}>{detail => <Loaded {...props} detail={detail} />}</Await>;
}

/** Redraw when another version is looked at. */
export function useLooked(model: RegisteredModel): number {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        model.picked.connect(notify);
        return () => {
          model.picked.disconnect(notify);
        };
      },
      [model]
    ),
    () => model.number
  );
}

function Loaded(props: IModelPageProps & { detail: ModelDetail }): React.JSX.Element {
  const { model, octavo, detail } = props;
  const [tab, setTab] = React.useState('card');
  const [picked, setPicked] = React.useState<readonly number[]>([]);
  const refusal = useRefusal(octavo.session, model.project);
  const looked = useLooked(model);
  const look = (version: number): void => {
    model.pick(version);
    setTab('card');
  };
  const compare = (versions: readonly number[]): void => {
    setPicked(versions);
    setTab('compare');
  };
  return (
    <Page
      icon={modelIcon}
      title={model.name}
      answer={aliasLine(detail.model)}
      chips={<VersionProof model={model} detail={detail} looked={looked} />}
      locked={[refusal('registry.alias'), refusal('deployments.request')]}
      actions={<ModelActions {...props} looked={looked} />}
    >
      <Past model={model} />
      <Tabs label={trans.__('Model')} tabs={tabs({ ...props, looked, picked, setPicked, look, compare })} chosen={tab} onChoose={setTab} />
    </Page>
  );
}

interface ITabsOf extends IModelPageProps {
  detail: ModelDetail;
  looked: number;
  picked: readonly number[];
  setPicked: (versions: readonly number[]) => void;
  look: (version: number) => void;
  compare: (versions: readonly number[]) => void;
}

function tabs(of: ITabsOf): ITab[] {
  const { model, octavo, detail, looked, picked } = of;
  const first = picked.length > 1 ? picked : begin(detail, looked);
  return [
    { id: 'card', label: trans.__('Card'), content: () => <CardTab {...of} /> },
    {
      id: 'versions',
      label: trans.__('Versions'),
      count: detail.versions.length,
      content: () => (
        <Versions
          versions={detail.versions}
          lead={leadingMetrics(Object.keys(detail.versions[0]?.metrics ?? {}), 1)[0]}
          picked={picked}
          onPick={of.setPicked}
          onLook={version => of.look(version.version)}
          onCompare={() => of.compare(picked)}
        />
      )
    },
    { id: 'compare', label: trans.__('Compare'), content: () => <CompareTab model={model} detail={detail} first={first} onLook={of.look} /> },
    { id: 'lineage', label: trans.__('Lineage'), content: () => <LineageTab model={model} octavo={octavo} looked={looked} /> },
    { id: 'proof', label: trans.__('Proof'), content: () => <ProofTab model={model} octavo={octavo} looked={looked} /> },
    {
      id: 'aliases',
      label: trans.__('Aliases'),
      count: Object.keys(detail.model.aliases).length,
      content: () => <AliasesTab model={model} detail={detail} refused={octavo.session.refusal('registry.alias', model.project)} onMove={alias => askAlias(model, detail, alias, looked)} onLook={of.look} />
    }
  ];
}

/** What a comparison begins with: the version that is looked at, against the champion or the one before. */
function begin(detail: ModelDetail, looked: number): readonly number[] {
  const champion = new Map(Object.entries(detail.model.aliases)).get('champion');
  const others = detail.versions.map(one => one.version).filter(version => version !== looked);
  const against = champion !== undefined && champion !== looked ? champion : (others.find(version => version < looked) ?? others[0]);
  return against === undefined ? [looked] : [against, looked];
}

function CardTab(props: IModelPageProps & { looked: number }): React.JSX.Element {
  const { model, octavo } = props;
  const refused = useRefusal(octavo.session, model.project)('registry.register');
  return (
    <Split
      main={<Await resource={model.version}>{version => <VersionCard key={version.version.version} detail={version} rendermime={props.rendermime} />}</Await>}
      side={
        <>
          <Await resource={model.version}>{version => <VersionChecks detail={version} onRun={() => octavo.open('run', { project: model.project, id: version.version.run_id })} />}</Await>
          <Await resource={model.tags} compact>
            {tags => <Tags key={props.looked} tags={tags.items} refused={refused} onSet={(key, value) => model.tag(key, value)} onRemove={key => model.untag(key)} />}
          </Await>
        </>
      }
    />
  );
}

/** What was changed in MLflow past Octavo and is so still. */
function Past(props: { model: RegisteredModel }): React.JSX.Element | null {
  const found = useResource(props.model.differences).value?.items ?? [];
  const mine = found.filter(one => one.name === props.model.name && one.resolved_at === null);
  return mine.length === 0 ? null : (
    <ul className="jp-octavo-Past" role="alert" aria-label={trans.__('Changed in MLflow past Octavo')}>
      {mine.map(one => (
        <Difference key={one.id} difference={one} />
      ))}
    </ul>
  );
}

function Difference(props: { difference: RegistryDifference }): React.JSX.Element {
  const { difference } = props;
  return (
    <li>
      <Chip tone={difference.repaired ? 'plain' : 'bad'}>{difference.repaired ? trans.__('repaired') : trans.__('changed in MLflow')}</Chip> {difference.detail} <Time at={difference.found_at} />
    </li>
  );
}

function VersionProof(props: { model: RegisteredModel; detail: ModelDetail; looked: number }): React.JSX.Element | null {
  const { model, detail } = props;
  const version = useResource(model.version).value?.version;
  const [verified, setVerified] = React.useState<ModelVerification | null>(null);
  const verify = useAction(async () => setVerified(await model.verify()));
  const mine = verified?.version === props.looked ? verified : null;
  return (
    <>
      <label className="jp-octavo-Looking">
        {trans.__('Looking at')}
        <HTMLSelect aria-label={trans.__('Looking at version')} value={String(props.looked)} onChange={event => model.pick(Number(event.target.value))}>
          {detail.versions.map(one => (
            <option key={one.version} value={one.version}>
              {[trans.__('v%1', one.version), ...one.aliases].join(' · ')}
            </option>
          ))}
        </HTMLSelect>
      </label>
      {version && <Digest value={version.digest} what={trans.__('Manifest of the files')} />}
      {version && <Chip title={trans.__('Key that signed the version')}>{trans.__('signed by %1', version.key_id.slice(0, 12))}</Chip>}
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

/** Ask where an alias shall point, and why. */
function askAlias(model: RegisteredModel, detail: ModelDetail, alias: string, version: number): void {
  const aliases = new Map(Object.entries(detail.model.aliases));
  openForm(trans.__('Move an alias of %1', model.name), close =>
    React.createElement(AliasForm, { model: model.name, versions: detail.versions, aliases, alias, version, onMove: (one, to, reason) => model.move(one, to, reason), onDone: close })
  );
}

function ModelActions(props: IModelPageProps & { detail: ModelDetail; looked: number }): React.JSX.Element {
  const { model, detail, actions, octavo, looked } = props;
  const refusal = useRefusal(octavo.session, model.project);
  const champion = new Map(Object.entries(detail.model.aliases)).get('champion') === looked;
  return (
    <>
      <Button refused={refusal('registry.alias') ?? (champion ? trans.__('v%1 is the champion already.', looked) : undefined)} onClick={() => askAlias(model, detail, 'champion', looked)}>
        {trans.__('Make champion')}
      </Button>
      <Button kind="primary" icon={launchIcon} refused={refusal('deployments.request')} onClick={() => actions.deploy(model.project, model.name, looked)}>
        {trans.__('Request deployment')}
      </Button>
    </>
  );
}
