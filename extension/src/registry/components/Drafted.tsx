import * as React from 'react';

import type { RegistrationDraft } from '../../api/registry';
import { Digest } from '../../ui/Chip';
import { metric, signed } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import { trans } from '../../words';
import { Example, Signature } from './Signature';

/** What the version would carry: what it competes with, its inputs, what it was made from. */
export function Drafted(props: { draft: RegistrationDraft }): React.JSX.Element {
  const { draft } = props;
  return (
    <>
      <Against draft={draft} />
      <Origins draft={draft} />
      {draft.signature && (
        <details className="jp-octavo-Drafted">
          <summary>{trans.__('Signature')}</summary>
          <Signature signature={draft.signature} />
        </details>
      )}
      {draft.input_example && (
        <details className="jp-octavo-Drafted">
          <summary>{trans.__('Input example')}</summary>
          <Example example={draft.input_example} />
        </details>
      )}
    </>
  );
}

function Against(props: { draft: RegistrationDraft }): React.JSX.Element | null {
  const { metrics, champion } = props.draft;
  const ours = new Map(Object.entries(champion ?? {}));
  const shared = Object.entries(metrics).flatMap(([name, value]) => {
    const best = ours.get(name);
    return typeof value === 'number' && typeof best === 'number' ? [{ name, value, best }] : [];
  });
  if (shared.length === 0) {
    return null;
  }
  return (
    <Card title={trans.__('Against the champion')}>
      <ul className="jp-octavo-Sentences" aria-label={trans.__('Against the champion')}>
        {shared.map(({ name, value, best }) => (
          <li key={name} className="jp-octavo-Number">
            {name} {metric(value)} ({signed(value - best)})
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Which data, features, notebook and environment the version would name in its proof. */
function Origins(props: { draft: RegistrationDraft }): React.JSX.Element {
  const { training_data: data, features, notebook, environment } = props.draft;
  const none = <span className="jp-octavo-Muted">{trans.__('not recorded')}</span>;
  const views = [...features.services, ...features.views];
  return (
    <Card title={trans.__('Made from')}>
      <Facts
        facts={[
          [
            trans.__('Data'),
            data.length > 0
              ? data.map(one => (
                  <div key={`${one.name} ${one.digest}`}>
                    {one.name} <Digest value={one.digest} what={one.context ?? trans.__('Digest')} />
                  </div>
                ))
              : none
          ],
          [
            trans.__('Features'),
            features.snapshot ? (
              <>
                {views.join(', ')} <Digest value={features.snapshot} what={trans.__('Registry snapshot')} />
              </>
            ) : (
              none
            )
          ],
          [
            trans.__('Notebook'),
            notebook ? (
              <>
                {notebook.path}
                {notebook.cell && ` · ${trans.__('cell %1', notebook.cell)}`} {notebook.digest && <Digest value={notebook.digest} what={trans.__('Notebook version')} />}
              </>
            ) : (
              none
            )
          ],
          [
            trans.__('Environment'),
            environment ? (
              <>
                {trans.__('Python %1, %2 packages', environment.python, environment.packages.split(/\s+/).filter(Boolean).length)} <Digest value={environment.sha256} what={trans.__('Environment')} />
              </>
            ) : (
              none
            )
          ]
        ]}
      />
    </Card>
  );
}
