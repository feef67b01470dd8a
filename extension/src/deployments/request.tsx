import * as React from 'react';

import type { DeploymentList } from '../api/deployments';
import { listDeployments, requestDeployment } from '../api/deployments';
import type { ModelDetail } from '../api/registry';
import { readModel } from '../api/registry';
import type { ProfileCards } from '../api/workspaces';
import { listProfiles } from '../api/workspaces';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import { Await } from '../ui/states';
import { DeployForm } from './components/DeployForm';

/** Props of the deployment dialog's body. */
export interface IRequestProps {
  octavo: IOctavo;
  project: string;
  model: string;
  version: number;
  /** Gets the id of the request, or null when nothing was asked. */
  onDone: (id: string | null) => void;
}

/** The deployment dialog's body: loads the model's versions, the profiles and what is there already. */
export function RequestDeployment(props: IRequestProps): React.JSX.Element {
  const { octavo, project, model } = props;
  const known = React.useMemo(
    () =>
      new Resource<[ModelDetail, ProfileCards, DeploymentList]>(signal =>
        Promise.all([readModel(octavo.requests, project, model, signal), listProfiles(octavo.requests, project, signal), listDeployments(octavo.requests, project, signal)])
      ),
    [octavo, project, model]
  );
  React.useEffect(() => {
    void known.refresh();
    return () => known.dispose();
  }, [known]);
  return (
    <Await resource={known}>
      {([detail, cards, deployments]) => (
        <DeployForm
          model={model}
          version={props.version}
          versions={detail.versions}
          profiles={cards.items.filter(card => card.profile.resources.gpu === 0)}
          existing={deployments.items.filter(one => one.model === model).map(one => one.name)}
          runsOn={new Map(deployments.items.map(one => [one.name, one.profile]))}
          onRequest={async body => props.onDone((await requestDeployment(octavo.requests, project, body)).id)}
          onCancel={() => props.onDone(null)}
        />
      )}
    </Await>
  );
}
