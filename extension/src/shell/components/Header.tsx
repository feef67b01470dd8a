import { Search } from '@jupyter/react-components';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CostReport, Me, WorkspaceSession } from '../../api/workspaces';
import { money } from '../../ui/format';
import { trans } from '../../words';
import { boxKeys } from '../keys';
import { details, outlook } from '../outlook';

/** Props of the sidebar's head. */
export interface IHeaderProps {
  me: Me | undefined;
  project: string;
  query: string;
  cost: CostReport | undefined;
  /** The workspace that this is; null when not known, or outside a Hub. */
  mine: WorkspaceSession | null;
  profileId: string;
  now: Date;
  onProject: (project: string) => void;
  onQuery: (query: string) => void;
  onCost: () => void;
}

/** Project, search, and what this workspace is and costs. */
export function Header(props: IHeaderProps): React.JSX.Element {
  return (
    <header className="jp-octavo-Header">
      <div className="jp-octavo-Header-line">
        <HTMLSelect
          className="jp-octavo-Header-project"
          aria-label={trans.__('Project')}
          value={props.project}
          onChange={event => props.onProject(event.target.value)}
        >
          {(props.me?.projects ?? []).map(project => (
            <option key={project.name} value={project.name}>
              {project.title}
            </option>
          ))}
          {!props.project && <option value="">{trans.__('No project')}</option>}
        </HTMLSelect>
      </div>
      <Search
        className="jp-octavo-Header-search"
        aria-label={trans.__('Search all of Octavo')}
        placeholder={trans.__('Search all')}
        value={props.query}
        onInput={event => {
          if (event.target instanceof HTMLElement && 'value' in event.target) {
            props.onQuery(String(event.target.value));
          }
        }}
        onKeyDown={(event: React.KeyboardEvent<HTMLElement>) => boxKeys(event, props.query, props.onQuery)}
      />
      <SessionLine {...props} />
    </header>
  );
}

function SessionLine(props: IHeaderProps): React.JSX.Element {
  const { cost, mine } = props;
  const next = mine && outlook(mine, props.now);
  return (
    <div className="jp-octavo-Header-session" aria-label={trans.__('This workspace')}>
      {props.profileId && <span title={mine?.profile.description}>{props.profileId}</span>}
      {cost && (
        <button type="button" className="jp-octavo-Link" onClick={props.onCost} title={budget(cost)}>
          {trans.__('%1 today', money(cost.today_eur))}
        </button>
      )}
      {mine && next && (
        <span className={`jp-mod-${next.level}`} title={details(mine)}>
          {next.text}
        </span>
      )}
    </div>
  );
}

function budget(cost: CostReport): string {
  return cost.budget_eur === null
    ? trans.__('%1 this month, no budget set', money(cost.total_eur))
    : trans.__('%1 this month, %2 of %3 left', money(cost.total_eur), money(cost.budget_left_eur), money(cost.budget_eur));
}
