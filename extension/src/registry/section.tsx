import { launchIcon, runningIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ChainFigure } from '../api/proof';
import type { Model, ModelList, Registration, RegistrationList } from '../api/registry';
import { matches, useQuery } from '../shell/hooks';
import type { ProjectList } from '../shell/list';
import type { IOctavo } from '../tokens';
import { metric } from '../ui/format';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { leadingMetrics } from '../experiments/components/runs';
import { stepWords } from './components/RegistrationSteps';
import { isUnderWay } from './registering';

/** What the registry's views ask the other areas for. */
export interface IModelActions {
  deploy: (project: string, model: string, version: number) => void;
  /** Show how far a registration is. */
  follow: (registration: Registration) => void;
}

/** What the sidebar's section of models shows. */
export interface IModelLists {
  readonly models: ProjectList<ModelList>;
  readonly registrations: ProjectList<RegistrationList>;
  readonly chain: ProjectList<ChainFigure>;
}

/** Say which alias points where: "champion v7, challenger v8". */
export function aliasLine(model: Model): string {
  const aliases = Object.entries(model.aliases).map(([alias, version]) => `${alias} v${version}`);
  return aliases.join(', ') || trans.__('v%1, no alias', model.latest?.version ?? 0);
}

/** The sidebar's section of models. */
export function ModelSection(props: { lists: IModelLists; octavo: IOctavo; actions: IModelActions; children?: React.ReactNode }): React.JSX.Element {
  const { octavo, lists, actions } = props;
  const query = useQuery(octavo.session);
  const project = octavo.session.project;
  return (
    <>
      <UnderWay list={lists.registrations} actions={actions} />
      <Await resource={lists.models.resource} compact>
        {page =>
          page.items.length === 0 ? (
            <Empty title={trans.__('No models yet')}>{trans.__('Register one from a run that logged it, or from a variable of your notebook.')}</Empty>
          ) : (
            <Rows label={trans.__('Models')}>
              {page.items
                .filter(model => matches(query, model.name, aliasLine(model)))
                .map(model => (
                  <Row
                    key={model.name}
                    title={model.name}
                    figure={aliasLine(model)}
                    detail={<Newest model={model} />}
                    onOpen={() => octavo.open('model', { project, name: model.name })}
                    next={{ label: trans.__('Request deployment'), icon: launchIcon, refused: octavo.session.refusal('deployments.request'), onClick: () => actions.deploy(project, model.name, model.latest?.version ?? 1) }}
                  />
                ))}
            </Rows>
          )
        }
      </Await>
      <Chain list={lists.chain} octavo={octavo} />
      {props.children}
    </>
  );
}

/** How many models there are. */
export function ModelCount(props: { lists: IModelLists }): React.JSX.Element | null {
  const page = useResource(props.lists.models.resource).value;
  const going = useResource(props.lists.registrations.resource).value?.items.filter(isUnderWay).length ?? 0;
  if (going > 0) {
    return <>{trans.__('%1 registering', going)}</>;
  }
  return page ? <>{page.items.length}</> : null;
}

function Newest(props: { model: Model }): React.JSX.Element | null {
  const { latest, versions } = props.model;
  if (!latest) {
    return null;
  }
  const [lead] = leadingMetrics(Object.keys(latest.metrics), 1);
  return (
    <>
      {lead !== undefined && `${lead} ${metric(new Map(Object.entries(latest.metrics)).get(lead))} · `}
      {trans._n('%1 version', '%1 versions', versions, versions)} · <Time at={props.model.updated_at} />
    </>
  );
}

/** Registrations that go on: each leads to how far it is. */
function UnderWay(props: { list: ProjectList<RegistrationList>; actions: IModelActions }): React.JSX.Element | null {
  const going = useResource(props.list.resource).value?.items.filter(isUnderWay) ?? [];
  if (going.length === 0) {
    return null;
  }
  return (
    <Rows label={trans.__('Registrations under way')}>
      {going.map(one => (
        <Row
          key={one.id}
          lead={<runningIcon.react tag="span" className="jp-octavo-Dot" />}
          title={one.name}
          figure={one.total > 0 && one.step === 'copy' ? `${Math.floor((one.done / one.total) * 100)} %` : one.state === 'queued' ? trans.__('waits') : ''}
          detail={one.step === 'queued' || one.step === 'done' ? one.label : stepWords(one.step)}
          onOpen={() => props.actions.follow(one)}
        />
      ))}
    </Rows>
  );
}

/** The share of what is in production whose whole chain verifies; a click tells of each. */
function Chain(props: { list: ProjectList<ChainFigure>; octavo: IOctavo }): React.JSX.Element | null {
  const figure = useResource(props.list.resource).value;
  if (!figure || figure.production === 0) {
    return null;
  }
  return (
    <button type="button" className="jp-octavo-More" onClick={() => props.octavo.open('registry-chain', { project: props.octavo.session.project })}>
      {trans.__('Proved in production: %1 of %2', figure.complete, figure.production)}
    </button>
  );
}
