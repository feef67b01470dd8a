import * as React from 'react';

import type { FeatureView, Version } from '../../api/features';
import { Chip, Digest } from '../../ui/Chip';
import type { IMoment } from '../../ui/lists';
import { Timeline } from '../../ui/lists';
import { Await, Empty } from '../../ui/states';
import { trans } from '../../words';
import type { FeatureModel } from '../model';

/** The definitions that a view had, and what each changed. */
export function Versions(props: { model: FeatureModel; view: FeatureView }): React.JSX.Element {
  const { model, view } = props;
  React.useEffect(() => {
    void model.versions.refresh();
  }, [model, view.snapshot]);
  return (
    <Await resource={model.versions}>
      {versions =>
        versions.items.length === 0 ? (
          <Empty title={trans.__('No version was recorded yet')}>{trans.__('Each publication that changes the definition makes one.')}</Empty>
        ) : (
          <Timeline label={trans.__('Versions')} moments={versions.items.map(moment)} />
        )
      }
    </Await>
  );
}

function moment(version: Version): IMoment {
  return {
    key: `${version.number} ${version.snapshot}`,
    at: version.published_at,
    title: (
      <>
        <b>{trans.__('Version %1', version.number)}</b> {version.removed && <Chip tone="bad">{trans.__('removed')}</Chip>} <bdi>{trans.__('by %1', version.published_by)}</bdi> <Digest value={version.snapshot} what={trans.__('Registry snapshot')} />
      </>
    ),
    detail: (
      <>
        <bdi>{version.reason}</bdi>
        <Changes version={version} />
      </>
    )
  };
}

function Changes(props: { version: Version }): React.JSX.Element | null {
  const { changes, number } = props.version;
  if (changes.length === 0) {
    return number === 1 ? <p>{trans.__('The first definition.')}</p> : null;
  }
  const words = { added: trans.__('added'), removed: trans.__('removed'), changed: trans.__('changed') };
  const signs = { added: '+', removed: '−', changed: '~' };
  return (
    <ul className="jp-octavo-Changes" aria-label={trans.__('What version %1 changed', number)}>
      {changes.map(line => (
        <li key={`${line.what} ${line.change}`} className={`jp-mod-${line.change}`}>
          <span aria-hidden="true">{signs[line.change]}</span> <b>{line.what}</b> <span className="jp-octavo-hidden">{words[line.change]}</span>
          {line.before !== null && (
            <del>
              <bdi>{line.before}</bdi>
            </del>
          )}{' '}
          {line.after !== null && (
            <ins>
              <bdi>{line.after}</bdi>
            </ins>
          )}
        </li>
      ))}
    </ul>
  );
}
