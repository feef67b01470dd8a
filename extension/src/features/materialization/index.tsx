import * as React from 'react';

import type { FeatureView } from '../../api/features';
import type { IOctavo } from '../../tokens';
import { MaterializationModel } from './model';
import { Standing } from './page';

/** The tab of a view's page: freshness, what runs, history, schedules. */
export function MaterializationTab(props: { octavo: IOctavo; view: Pick<FeatureView, 'name' | 'project'> }): React.JSX.Element | null {
  const { octavo } = props;
  const { name, project } = props.view;
  const [model, setModel] = React.useState<MaterializationModel | null>(null);
  React.useEffect(() => {
    const made = new MaterializationModel(octavo, { project, kind: 'view', name });
    setModel(made);
    return () => made.dispose();
  }, [octavo, project, name]);
  return model && <Standing model={model} actions />;
}
