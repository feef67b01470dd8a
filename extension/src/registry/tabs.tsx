import * as React from 'react';

import { bomAddress, bundleAddress, readVersionLineage } from '../api/proof';
import type { ModelDetail } from '../api/registry';
import { PolledLineage, viewOf } from '../lineage/panel';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Check } from '../ui/Fields';
import { Await, Empty, Failure, useResource } from '../ui/states';
import { trans } from '../words';
import { AliasesNow, AliasesThen, AliasMoves, endOfDay } from './components/Aliases';
import { Compared } from './components/Compared';
import { Proof } from './components/Proof';
import { MOST_COMPARED } from './components/Versions';
import type { RegisteredModel } from './model';

/** Load a resource anew when a tab comes up, and whenever `what` is another. */
function useFresh<T>(resource: Resource<T>, what: unknown): void {
  React.useEffect(() => {
    void resource.reset();
  }, [resource, what]);
}

/** Versions side by side; which, is chosen here or in the list of versions. */
export function CompareTab(props: { model: RegisteredModel; detail: ModelDetail; first: readonly number[]; onLook: (version: number) => void }): React.JSX.Element {
  const { model, detail } = props;
  const [chosen, choose] = React.useState(props.first);
  React.useEffect(() => {
    if (chosen.length > 1 && chosen.length <= MOST_COMPARED) {
      model.compare(chosen);
    }
  }, [model, chosen]);
  if (detail.versions.length < 2) {
    return <Empty title={trans.__('There is one version only')}>{trans.__('Register another, and see here what differs.')}</Empty>;
  }
  return (
    <>
      <fieldset className="jp-octavo-Picks">
        <legend>{trans.__('Versions to compare, at most %1', MOST_COMPARED)}</legend>
        {detail.versions.map(({ version, aliases }) => (
          <Check
            key={version}
            label={[trans.__('v%1', version), ...aliases].join(' · ')}
            checked={chosen.includes(version)}
            onChange={on => choose(on ? [...chosen, version].sort((a, b) => a - b) : chosen.filter(one => one !== version))}
          />
        ))}
      </fieldset>
      {chosen.length < 2 || chosen.length > MOST_COMPARED ? (
        <p className="jp-octavo-Muted">{trans.__('Pick two to %1 versions.', MOST_COMPARED)}</p>
      ) : (
        <Await resource={model.comparison}>{comparison => <Compared comparison={comparison} onLook={props.onLook} />}</Await>
      )}
    </>
  );
}

/** What the version was made from and what uses it. */
export function LineageTab(props: { model: RegisteredModel; octavo: IOctavo; looked: number }): React.JSX.Element {
  const { model, octavo } = props;
  return <PolledLineage key={props.looked} octavo={octavo} read={signal => readVersionLineage(octavo.requests, model.of, signal)} />;
}

/** What proves the version. */
export function ProofTab(props: { model: RegisteredModel; octavo: IOctavo; looked: number }): React.JSX.Element {
  const { model, octavo } = props;
  useFresh(model.proof, props.looked);
  const { requests } = octavo;
  const files = { bundle: bundleAddress(requests, model.of), environment: bomAddress(requests, model.of, 'environment'), model: bomAddress(requests, model.of, 'model') };
  const open = (node: string): (() => void) | null => {
    const view = viewOf({ id: node, kind: node.slice(0, node.indexOf(':')), label: node, distance: 0 });
    return view && (() => octavo.open(view.kind, view.args));
  };
  return <Await resource={model.proof}>{proof => <Proof proof={proof} files={files} onNode={open} />}</Await>;
}

/** The aliases as they are, what they were on a day, and who moved them. */
export function AliasesTab(props: { model: RegisteredModel; detail: ModelDetail; refused: string | undefined; onMove: (alias: string) => void; onLook: (version: number) => void }): React.JSX.Element {
  const { model, detail } = props;
  const [day, setDay] = React.useState('');
  const then = useResource(model.then);
  const older = useAction(() => model.older());
  useFresh(model.moves, model.alias);
  const ask = (value: string): void => {
    setDay(value);
    const at = endOfDay(value);
    if (at) {
      model.ask(at);
    }
  };
  return (
    <>
      <AliasesNow model={detail.model} refused={props.refused} onMove={props.onMove} onLook={props.onLook} />
      <AliasesThen at={day} found={day ? then.value : undefined} onAt={ask} onLook={props.onLook} />
      {day && then.error && <Failure error={then.error} compact />}
      <Await resource={model.moves}>
        {history => (
          <AliasMoves
            moves={history.items}
            aliases={Object.keys(detail.model.aliases)}
            alias={model.alias}
            onAlias={alias => model.only(alias)}
            onOlder={history.next_cursor ? () => older.run() : undefined}
            busy={older.busy}
          />
        )}
      </Await>
      {older.error && <Failure error={older.error} compact />}
    </>
  );
}

