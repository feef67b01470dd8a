import * as React from 'react';

/** One tab and what it shows. */
export interface ITab {
  id: string;
  label: string;
  count?: number;
  content: () => React.ReactNode;
}

/** Props of a list of tabs; with `chosen` and `onChoose` who uses it keeps which is shown. */
export interface ITabsProps {
  label: string;
  tabs: readonly ITab[];
  chosen?: string;
  onChoose?: (id: string) => void;
}

/** A list of tabs; arrow keys move, the content of the chosen one alone is made. */
export function Tabs(props: ITabsProps): React.JSX.Element {
  const [own, setOwn] = React.useState(props.tabs[0]?.id ?? '');
  const chosen = props.chosen ?? own;
  const choose = props.onChoose ?? setOwn;
  const base = React.useId();
  const tab = props.tabs.find(one => one.id === chosen) ?? props.tabs[0];
  const move = (event: React.KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && tab) {
      const next = props.tabs[(props.tabs.indexOf(tab) + step + props.tabs.length) % props.tabs.length];
      choose(next?.id ?? '');
      document.getElementById(`${base}-${next?.id}`)?.focus();
    }
  };
  return (
    <div className="jp-octavo-Tabs">
      <div role="tablist" aria-label={props.label} className="jp-octavo-Tabs-list" onKeyDown={move}>
        {props.tabs.map(one => (
          <button
            key={one.id}
            type="button"
            role="tab"
            id={`${base}-${one.id}`}
            aria-selected={one === tab}
            tabIndex={one === tab ? 0 : -1}
            onClick={() => choose(one.id)}
          >
            {one.label}
            {one.count !== undefined && <span className="jp-octavo-Count">{one.count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-labelledby={`${base}-${tab?.id}`} className="jp-octavo-Tabs-panel" key={tab?.id}>
        {tab?.content()}
      </div>
    </div>
  );
}
